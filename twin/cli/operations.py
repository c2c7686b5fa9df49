"""`twin check`, `twin audit` and `twin blackstart`: questions of those who operate the campus."""

from __future__ import annotations

import click

from twin.cli import console, options

NO = 1
"""Exit status of a yes-or-no question whose answer is no."""


@click.command("check")
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@options.question
def check(
    *,
    ids: tuple[str, ...],
    ask: options.Ask,
) -> int:
    """May these be taken out now? Exit status 1: no."""
    with ask.campus() as campus:
        document = campus.check(*ids, **ask.base).to_dict()
    if ask.as_json:
        console.print_json(document)
    else:
        from twin.cli.render.operations import print_check  # noqa: PLC0415 - only people need it drawn

        print_check(console.out(), document)
    return NO if document["verdict"] == "no" else 0


@click.command("audit")
@click.argument("kind", type=click.Choice(["independence", "tier"]))
@options.question
def audit(*, kind: str, ask: options.Ask) -> int:
    """Are A and B independent; is the campus concurrently maintainable, and fault tolerant? Exit status 1: no."""
    with ask.campus() as campus:
        run = campus.audit_independence if kind == "independence" else campus.audit_tier
        answer = run(**ask.base)
        document = answer.to_dict()
    if ask.as_json:
        console.print_json(document)
    else:
        from twin.cli.render.gaps import print_down  # noqa: PLC0415 - only people need it drawn
        from twin.cli.render.operations import print_independence, print_tier  # noqa: PLC0415

        (print_independence if kind == "independence" else print_tier)(console.out(), document)
        print_down(console.out(), answer.topology, answer.down)
    good = document["ok"] if kind == "independence" else document["concurrently_maintainable"]
    return 0 if good else NO


@click.command("blackstart")
@click.option(
    "--after", multiple=True, metavar="ID", help="Restore what the failure of this took down, repaired. Repeatable."
)
@options.question
def blackstart(*, after: tuple[str, ...], ask: options.Ask) -> None:
    """The order of restart after everything was down, and what can never start.

    With --after: the order in which comes back what these failures took down, once they are repaired.
    """
    with ask.campus() as campus:
        answer = campus.restoration(*after, **ask.base) if after else campus.black_start(**ask.base)
        document = answer.to_dict()
    if ask.as_json:
        console.print_json(document)
        return
    from twin.cli.render.operations import print_black_start  # noqa: PLC0415

    print_black_start(console.out(), document)


COMMANDS: list[click.Command] = [check, audit, blackstart]
