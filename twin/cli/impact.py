"""`twin impact`: what fails if these fail, given what is out."""

from __future__ import annotations

import click

from twin.cli import console, options
from twin.cli.audited import audited


@click.command("impact")
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@click.option(
    "--overload",
    type=click.Choice(["report", "trip"]),
    default="report",
    show_default=True,
    help="What an overload does: it is listed, or it trips and the loss spreads.",
)
@click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Overloaded from this multiple of the rating.",
)
@click.option("--timeline", is_flag=True, help="Tell what happens when: holds, standby sources, transfers.")
@click.option(
    "--until",
    "until_s",
    type=click.FloatRange(min=0),
    default=86_400.0,
    show_default=True,
    metavar="S",
    help="With --timeline: where it ends, in seconds.",
)
@click.option("--save", "scenario", metavar="NAME", help="Keep question and answer as a Scenario in the graph.")
@click.option("--next", "and_next", is_flag=True, help="Also: which single failures would lose loads after this one.")
@click.option("--full", is_flag=True, help="List everything, without shortening.")
@options.question
def impact(  # noqa: PLR0913 - one argument for each option
    *,
    ids: tuple[str, ...],
    overload: str,
    limit: float,
    timeline: bool,
    until_s: float,
    scenario: str | None,
    and_next: bool,
    full: bool,
    ask: options.Ask,
) -> None:
    """What fails if these fail.

    An asset is named by its id, or by a unique global_id, serial or name.
    """
    options.needs("until_s", "--timeline", given=timeline)
    with ask.campus() as campus:
        answer = campus.impact(
            *ids,
            **ask.base,
            overload=overload,
            limit=limit,
            timeline=timeline,
            until_s=until_s,
        )
        if scenario is not None:
            with audited("scenario.save", scenario, failed=list(ids), out=list(ask.out)):
                campus.save_scenario(scenario, answer)
            console.err().print(f"saved as scenario {scenario!r}", markup=False)
        if ask.as_json:
            more = {"single_points": campus.next_losses(answer)} if and_next else {}
            console.print_json(answer.to_dict() | more)
            return
        from twin.cli.render.impact import print_impact  # noqa: PLC0415 - only people need it drawn

        print_impact(console.out(), campus, answer, and_next=and_next, full=full)


COMMANDS: list[click.Command] = [impact]
