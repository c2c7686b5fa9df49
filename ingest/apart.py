"""IFC files read by processes of their own, beside the tables and each other.

A process is asked through a pipe: it gets a file, tells its progress, and answers with the extract or what is wrong.
It is a new interpreter and no copy of this one, so that a script that imports need not guard its main part.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any, Final, Self

from ingest.records import Extract, Progress, printable
from schema.errors import BadInput, TwinError

MOST: Final = 2
"""Processes. Each holds the whole model of its file."""


class _Worker:
    """One process, which reads file after file."""

    def __init__(self) -> None:
        self.pipe, its = Pipe()
        self.said: IO[bytes] = TemporaryFile()  # noqa: SIM115 - close() closes it
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.apart", str(its.fileno())],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.said,
            pass_fds=[its.fileno()],
            start_new_session=True,  # Ctrl-C reaches this process alone, which then ends that one
        )
        its.close()

    def read(self, file: Path, source: str, mapping: Path | None, progress: Progress | None) -> Extract:
        """Read one file. Raises what reading it raises, and BadInput where the process ended on it."""
        with suppress(OSError):  # a process that is gone shows at once below
            self.pipe.send((file, source, mapping, progress is not None))
        while not isinstance(answer := self._heard(file), Extract):
            if isinstance(answer, Exception):
                raise answer
            if progress:
                progress(*answer)
        return answer

    def _heard(self, file: Path) -> Any:
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            raise BadInput(f"{file}: reading it ended the IFC parser ({self._end()})") from None

    def _end(self) -> str:
        """How the process ended, in words."""
        status = self.process.wait()
        if status < 0:
            name = signal.Signals(-status).name
            return f"{name}; out of memory?" if -status == signal.SIGKILL else name
        self.said.seek(0)
        lines = self.said.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"exit status {status}" + (f": {printable(last)}" if last else "")

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()

    def close(self) -> None:
        """Give back what was held; nobody reads any more."""
        self.process.wait()
        self.pipe.close()
        self.said.close()


class Apart:
    """So many processes that read IFC files; leaving the context ends them.

    `progress` is called by threads, never by two at once; who calls it elsewhere meanwhile takes `self.progress`.
    """

    def __init__(self, processes: int, mapping: Path | None = None, progress: Progress | None = None) -> None:
        self.workers: list[_Worker] = []
        self.progress = _one_at_a_time(progress) if progress else None
        self._mapping = mapping
        self._idle: list[_Worker] = []
        self._closed = False
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="ifc")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closed = True
            for worker in self.workers:
                worker.stop()
        self._threads.shutdown()
        for worker in self.workers:
            worker.close()

    def read(self, file: Path, source: str) -> Future[Extract]:
        """Have a file read, in the order of the calls."""
        return self._threads.submit(self._read, file, source)

    def _read(self, file: Path, source: str) -> Extract:
        worker = self._free()
        extract = worker.read(file, source, self._mapping, self.progress)
        self._idle.append(worker)
        return extract

    def _free(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise TwinError("the import has ended")
            if not self._idle:
                self.workers.append(_Worker())
                return self.workers[-1]
            return self._idle.pop()


def _one_at_a_time(progress: Progress) -> Progress:
    lock = Lock()

    def report(what: str, done: int, total: int) -> None:
        with lock:
            progress(what, done, total)

    return report


def _serve(pipe: Connection[Any, Any]) -> None:
    """Read the files that the pipe names, until nobody is at its other end."""
    from ingest.readers import ifc  # noqa: PLC0415 - only the process that reads needs ifcopenshell

    def tell(what: str, done: int, total: int) -> None:
        pipe.send((what, done, total))

    gc.disable()
    with suppress(EOFError, OSError):
        while True:
            file, source, mapping, told = pipe.recv()
            try:
                answer: Any = ifc.read(file, source, mapping, tell if told else None)
            except TwinError as error:
                answer = error
            pipe.send(answer)
            del answer
            gc.collect()  # a model holds cycles, and much memory


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
