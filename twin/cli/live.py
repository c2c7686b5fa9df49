"""`twin live`: the process that keeps live state, and the commands that ask it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from schema.errors import TwinError
from twin.cli import console, options
from twin.cli.audited import audited

if TYPE_CHECKING:
    from twin.live.feeds import Feed
    from twin.live.keeper import Keeper
    from twin.live.place import Place
    from twin.live.points import Sink

_metrics_port = click.option(
    "--metrics-port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Serve metrics for Prometheus on 127.0.0.1:PORT/metrics.",
)
_no_history = click.option("--no-history", is_flag=True, help="Record nothing.")
_keep_raw = click.option(
    "--keep-raw",
    default="7d",
    show_default=True,
    metavar="T",
    help="How long history keeps raw points; 15-minute means stay for ever.",
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


@click.group("live")
def live() -> None:
    """Live state: one process keeps it, and with --live a question starts from it."""


@live.command("mqtt")
@click.argument("url", metavar="URL")
@click.option("--mqtt-user", envvar="TWIN_MQTT_USER", help="User of the broker.")
@click.option("--mqtt-password", envvar="TWIN_MQTT_PASSWORD", help="Its password (better in TWIN_MQTT_PASSWORD).")
@click.option("--ca", type=click.Path(path_type=Path, dir_okay=False), help="Authorities that sign the broker.")
@click.option("--cert", type=click.Path(path_type=Path, dir_okay=False), help="Our certificate, with --key.")
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="Its key.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="S",
    help="How long the start waits for the broker; once there, it is waited for without end.",
)
@_metrics_port
@_no_history
@_keep_raw
@options.connection
def mqtt(  # noqa: PLR0913 - one argument for each option
    *,
    url: str,
    mqtt_user: str | None,
    mqtt_password: str | None,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    wait_s: float,
    metrics_port: int | None,
    no_history: bool,
    keep_raw: str,
    where: options.Where,
) -> None:
    """Take points from an MQTT broker, mqtt://HOST:PORT or mqtts://HOST:PORT, until stopped."""
    from twin.live.feeds.mqtt import MqttFeed, broker  # noqa: PLC0415 - not for the other commands

    found = broker(url, user=mqtt_user, password=mqtt_password, ca=ca, certificate=cert, key=key)

    def feed(keeper: Keeper) -> Feed:
        return MqttFeed(found, keeper.directory, keeper.mark_stale, keeper.home, wait_s)

    keep = None if no_history else keep_raw
    _keep(where, found.name, feed, f"subscribed at {found.name}", metrics_port, keeps=True, keep_raw=keep)


@live.command("replay")
@click.option("--since", default="1h", show_default=True, metavar="WHEN", help="How long ago (2h), or an ISO time.")
@click.option("--until", default="now", show_default=True, metavar="WHEN", help="The same; where it ends.")
@click.option(
    "--speed", type=float, default=1.0, show_default=True, help="So many times as fast; inf: as fast as it goes."
)
@_metrics_port
@options.connection
def replay(*, since: str, until: str, speed: float, metrics_port: int | None, where: options.Where) -> None:
    """Deliver recorded points again, as if they came now, until all have come; times are UTC."""
    from twin.graph.endpoint import twin_home  # noqa: PLC0415
    from twin.live.history.replay import replay as recorded  # noqa: PLC0415 - not for the other commands
    from twin.live.history.spans import iso, moment_s  # noqa: PLC0415

    now_s = time.time()
    since_s, until_s = moment_s(since, now_s, "--since"), moment_s(until, now_s, "--until")

    def feed(keeper: Keeper) -> Feed:
        made = recorded(twin_home(), since_s, until_s, speed, keeper.directory)
        made.say = lambda line: click.echo(line, err=True)
        if made.since_s > since_s:
            made.say(f"the first point is of {iso(round(made.since_s))}")
        return made

    begun = f"replaying {iso(round(since_s))} – {iso(round(until_s))} at {speed:g} times its speed"
    _keep(where, "replay", feed, begun, metrics_port)


@live.command("simulate")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Simulated seconds in a real one.",
)
@click.option(
    "--period",
    "period_s",
    type=click.FloatRange(min=0.05),
    default=10.0,
    show_default=True,
    metavar="S",
    help="Seconds from one report to the next.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same noise.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="ID[@S]",
    help="This fails, S simulated seconds after the start (default 0). Repeatable.",
)
@click.option("--for", "for_s", type=click.FloatRange(min=0), metavar="S", help="End after S seconds.")
@click.option("--details", is_flag=True, help="Also temperatures, fans and processor load of every server.")
@_metrics_port
@_no_history
@_keep_raw
@options.connection
def simulate(  # noqa: PLR0913 - one argument for each option
    *,
    speed: float,
    period_s: float,
    seed: int,
    faults: tuple[str, ...],
    for_s: float | None,
    details: bool,
    metrics_port: int | None,
    no_history: bool,
    keep_raw: str,
    where: options.Where,
) -> None:
    """A campus that behaves, and fails where it is told to, until stopped."""
    from twin.live.feeds.simulator import NAME, Settings, SimulatorFeed  # noqa: PLC0415 - not for the other commands
    from twin.live.simulator.course import fault  # noqa: PLC0415

    told = tuple(fault(text) for text in faults)
    settings = Settings(period_s, speed, seed, told, details, float("inf") if for_s is None else for_s)

    def feed(keeper: Keeper) -> Feed:
        return SimulatorFeed(keeper.campus, keeper.directory, settings, keeper.told_to_end)

    _keep(where, NAME, feed, "simulating", metrics_port, keep_raw=None if no_history else keep_raw)


@live.command("status")
@_json
def status(*, as_json: bool) -> None:
    """Points per second, lag, gaps and staleness, by source."""
    from schema.errors import Unreachable  # noqa: PLC0415
    from twin.live.place import read_json  # noqa: PLC0415

    place = _place()
    place.require_writer()
    document = read_json(place.status)
    if not document:
        raise Unreachable("the live process is starting; try again")
    if as_json:
        console.print_json(document)
        return
    from twin.cli.render.live import print_status  # noqa: PLC0415 - only people need it drawn

    print_status(console.out(), read_json(place.current), document)


@live.command("show")
@click.argument("asset", metavar="ID")
@_json
@options.connection
def show(*, asset: str, as_json: bool, where: options.Where) -> None:
    """What one asset reports: its condition, measurements, states and setpoints, each with its age."""
    from twin.graph.endpoint import twin_home  # noqa: PLC0415
    from twin.live.asset import asset_document  # noqa: PLC0415
    from twin.live.reader import open_state  # noqa: PLC0415

    state = open_state(twin_home())
    with where.campus() as campus:
        topology = campus.topology
        document = asset_document(topology, campus.find(asset), state, state.places(topology))
    if as_json:
        console.print_json(document)
        return
    from twin.cli.render.live import print_asset  # noqa: PLC0415

    print_asset(console.out(), document)


@live.command("alarms")
@click.option("--all", "everything", is_flag=True, help="Cleared ones and those folded under others, too.")
@_json
def alarms(*, everything: bool, as_json: bool) -> None:
    """What is wrong, and what it means; what another alarm explains is folded under it."""
    from twin.live.alarms import Alarms  # noqa: PLC0415

    place = _place()
    place.require_writer()
    known = Alarms(place.alarms)
    rows = [alarm.to_dict() for alarm in (known.all if everything else known.open)]
    if as_json:
        console.print_json({"alarms": rows})
        return
    from twin.cli.render.live import print_alarms  # noqa: PLC0415

    print_alarms(console.out(), rows, everything=everything)


@live.command("ack")
@click.argument("ids", nargs=-1, metavar="[ID…]")
@click.option("--all", "everything", is_flag=True, help="All alarms.")
def ack(*, ids: tuple[str, ...], everything: bool) -> None:
    """Note that you have seen the alarms of these assets."""
    from schema.errors import BadInput, UnknownAsset  # noqa: PLC0415
    from twin.live.alarms import Alarms  # noqa: PLC0415

    if bool(ids) == everything:
        raise BadInput("ack takes the ids of assets, or --all")
    place = _place()
    place.require_writer()
    known = {alarm.id for alarm in Alarms(place.alarms).all}
    for name in ids:
        if name not in known:
            raise UnknownAsset(f"no alarm of {name!r}; `twin live alarms` lists them")
    with audited("alarm.acknowledge", ", ".join(ids) or "all"):
        place.acknowledge(None if everything else list(ids))
    console.err().print("acknowledged")


@live.command("suspects")
@_json
def suspects(*, as_json: bool) -> None:
    """Where what is measured and what the model computes disagree."""
    from twin.live.place import read_json  # noqa: PLC0415

    place = _place()
    place.require_writer()
    rows = read_json(place.suspects).get("suspects", [])
    if as_json:
        console.print_json({"rows": rows})
        return
    from twin.cli.render.live import print_suspects  # noqa: PLC0415

    print_suspects(console.out(), rows)


def _place() -> Place:
    from twin.graph.endpoint import twin_home  # noqa: PLC0415
    from twin.live.place import Place  # noqa: PLC0415

    return Place(twin_home())


def _keep(  # noqa: PLR0913 - what the commands that keep live state share
    where: options.Where,
    name: str,
    make: Callable[[Keeper], Feed],
    begun: str,
    metrics_port: int | None,
    *,
    keeps: bool = False,
    keep_raw: str | None = None,
) -> None:
    """Keep live state from a feed until a signal, or until the feed ends; `keep_raw`: and its history, so long."""
    from twin.graph.endpoint import twin_home  # noqa: PLC0415
    from twin.live.keeper import Keeper  # noqa: PLC0415

    with where.campus() as campus, _stopped_by_signals() as stop, ExitStack() as stack:
        keeper = Keeper(campus, twin_home(), name, keeps=keeps)
        if keep_raw is not None:
            keeper.sinks = _recorder(keeper, keep_raw)
        if metrics_port is not None:
            from twin.live.exporter import exporting  # noqa: PLC0415

            stack.enter_context(exporting(metrics_port, keeper.status))
        try:
            feed = make(keeper)
        except TwinError:
            keeper.close()
            raise
        keeper.run(feed, stop, lambda: click.echo(begun))


def _recorder(keeper: Keeper, keep_raw: str) -> list[Sink]:
    """The recorder of history, started; none, with a line, where it cannot be kept."""
    from twin.live.history.recorder import Recorder  # noqa: PLC0415
    from twin.live.history.spans import duration_s  # noqa: PLC0415
    from twin.live.history.upkeep import Retention  # noqa: PLC0415

    def say(line: str) -> None:
        click.echo(f"twin: {line}", err=True)

    retention = Retention(raw_s=duration_s(keep_raw, "--keep-raw"))
    try:
        recorder = Recorder(keeper.home, keeper.campus.topology.ids, retention=retention, say=say, anew=keeper.anew)
    except TwinError as error:
        say(f"history is not recorded: {error}")
        return []
    recorder.start()
    return [recorder]


@contextmanager
def _stopped_by_signals() -> Generator[Event]:
    """An event that SIGINT and SIGTERM set, so that the process ends in order."""
    stop = Event()

    def end(_number: int, _frame: object) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


COMMANDS: list[click.Command] = [live]
