"""`twin serve`: the 3D view in a browser, and the REST API."""

from __future__ import annotations

import click

from twin.cli import options

MOST_PEOPLE = 64


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; this machine alone by default.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any that is free.")
@click.option(
    "--people",
    type=click.IntRange(1, MOST_PEOPLE),
    default=4,
    show_default=True,
    help="How many may look at once; each has a process of their own, of some hundred megabytes.",
)
@click.option("--name", "names", multiple=True, metavar="HOST", help="A name this server is reached by. Repeatable.")
@click.option("--insecure", is_flag=True, help="Listen beyond this machine although there is no login.")
@click.option("--live", is_flag=True, help="Show live state as it changes, and start questions from it.")
@options.connection
def serve(  # noqa: PLR0913 - one argument for each option
    *, where: options.Where, host: str, port: int, people: int, names: tuple[str, ...], insecure: bool, live: bool
) -> None:
    """The 3D view in a browser, and the REST API under /api/v1. Ctrl-C ends it."""
    from schema.errors import TwinError  # noqa: PLC0415
    from twin.service.app import Settings, bind, create, run  # noqa: PLC0415 - web servers take a while to load
    from twin.service.worker import Where  # noqa: PLC0415
    from viz import gl  # noqa: PLC0415

    with bind(host, port, insecure=insecure) as listening, where.campus() as campus:
        no_view = None
        try:
            gl.require()
        except TwinError as error:
            no_view = str(error)
            click.echo(f"twin: without the 3D view: {no_view}", err=True)
        _ = campus.topology  # compiled before anybody asks
        settings = Settings(
            Where(uri=where.uri, auth=where.auth, database=where.database, live=live), people, frozenset(names), no_view
        )
        run(create(campus, settings), listening, lambda address: click.echo(f"campus twin at {address}"))


COMMANDS: list[click.Command] = [serve]
