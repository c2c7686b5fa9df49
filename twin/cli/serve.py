"""`twin serve`: the 3D view in a browser, and the REST API."""

from __future__ import annotations

from pathlib import Path

import click

from twin.access.roles import WORDS
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
@click.option("--tls-cert", type=click.Path(path_type=Path, dir_okay=False), help="Certificate, with --tls-key: https.")
@click.option("--tls-key", type=click.Path(path_type=Path, dir_okay=False), help="Its key.")
@click.option("--insecure", is_flag=True, help="Listen beyond this machine without users, or without TLS.")
@click.option(
    "--rate", metavar="N/UNIT", help="Requests of one user, with a burst of as many.  [default: 400/second]", default=""
)
@click.option("--oidc", envvar="TWIN_OIDC", metavar="ISSUER", help="OpenID provider at which people may sign in, too.")
@click.option("--oidc-client", envvar="TWIN_OIDC_CLIENT", metavar="ID", help="As what it knows this server.")
@click.option(
    "--oidc-claim",
    default="email",
    show_default=True,
    metavar="CLAIM",
    help="What of it is the name of the user (email has to be verified).",
)
@click.option(
    "--oidc-role",
    type=click.Choice(WORDS, case_sensitive=False),
    help="Role of who comes from it for the first time; without it only those of `twin users add --oidc`.",
)
@click.option("--live", is_flag=True, help="Show live state as it changes, and start questions from it.")
@options.connection
def serve(  # noqa: PLR0913 - one argument for each option
    *,
    where: options.Where,
    host: str,
    port: int,
    people: int,
    names: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    insecure: bool,
    rate: str,
    oidc: str | None,
    oidc_client: str | None,
    oidc_claim: str,
    oidc_role: str | None,
    live: bool,
) -> None:
    """The 3D view in a browser, and the REST API under /api/v1. Ctrl-C ends it.

    Without users (twin users add) it listens on this machine alone, and lets in who is on it. With users, who looks or
    asks signs in, or sends a token.
    """
    from schema.errors import TwinError  # noqa: PLC0415
    from twin.access.people import People  # noqa: PLC0415
    from twin.graph.endpoint import twin_home  # noqa: PLC0415
    from twin.service.access.provider import Provider  # noqa: PLC0415
    from twin.service.app import Settings, Tls, bind, create, run  # noqa: PLC0415 - web servers take a while to load
    from twin.service.worker import Where  # noqa: PLC0415
    from viz import gl  # noqa: PLC0415

    tls = None
    if tls_cert is not None or tls_key is not None:
        if tls_cert is None or tls_key is None:
            raise click.UsageError("--tls-cert and --tls-key go together")
        tls = Tls(tls_cert, tls_key)
        tls.check()
    provider = None if oidc is None else Provider.of(oidc, oidc_client, oidc_claim, oidc_role)
    with People(twin_home()) as known:
        users = known.any() or provider is not None
    with bind(host, port, users=users, tls=tls is not None, insecure=insecure) as listening, where.campus() as campus:
        no_view = None
        try:
            gl.require()
        except TwinError as error:
            no_view = str(error)
            click.echo(f"twin: without the 3D view: {no_view}", err=True)
        _ = campus.topology  # compiled before anybody asks
        settings = Settings(
            Where(uri=where.uri, auth=where.auth, database=where.database, live=live),
            people, frozenset(names), no_view, signed_in=users, rate=rate, provider=provider,
        )  # fmt: skip
        run(create(campus, settings), listening, lambda address: click.echo(f"campus twin at {address}"), tls)


COMMANDS: list[click.Command] = [serve]
