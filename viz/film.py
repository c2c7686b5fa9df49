"""A guided walk as MP4, through ffmpeg; without ffmpeg one line says what to install."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from schema.errors import BadInput, TwinError
from viz.files import written
from viz.text import MUTED, PANEL, fit, write

Progress = Callable[[str, int, int], None]
FRAMES_PER_S = 24


def encoder() -> str:
    """The ffmpeg of this machine, or that of the package imageio-ffmpeg; TwinError says how to get one."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    if importlib.util.find_spec("imageio_ffmpeg"):
        module: Any = importlib.import_module("imageio_ffmpeg")
        return str(module.get_ffmpeg_exe())
    raise TwinError("a film needs ffmpeg: apt-get install -y ffmpeg, or pip install 'campus-twin[film]'")


def film(
    file: Path,
    frames: Iterable[NDArray[np.uint8]],
    count: int,
    size: tuple[int, int],
    *,
    progress: Progress | None = None,
) -> Path:
    """Write `count` frames, uint8[height, width, 3] each, as MP4 (H.264), 24 a second.

    Raises BadInput for a name that is not .mp4, TwinError where there is no ffmpeg or it refuses.
    """
    if file.suffix.lower() != ".mp4":
        raise BadInput(f"{file}: a walk is written as .mp4")
    width, height = size[0] // 2 * 2, size[1] // 2 * 2
    command = [
        encoder(), "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
        "-r", str(FRAMES_PER_S), "-i", "-", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
    ]  # fmt: skip
    with written(file) as part:
        encoding = subprocess.Popen([*command, str(part)], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        stdin = encoding.stdin
        if stdin is None:
            raise TwinError("ffmpeg takes no input")
        try:
            for number, frame in enumerate(frames):
                stdin.write(np.ascontiguousarray(frame[:height, :width]).tobytes())
                if progress:
                    progress("film", number + 1, count)
        except BrokenPipeError:
            pass  # ffmpeg has said why on its standard error, read below
        _, errors = encoding.communicate()
        if encoding.returncode != 0:
            said = errors.decode(errors="replace").strip().splitlines()
            raise TwinError(f"ffmpeg could not write the film: {said[-1] if said else encoding.returncode}")
    return file


def captioned(frame: NDArray[np.uint8], caption: str, here: str) -> NDArray[np.uint8]:
    """The frame with a caption along its lower edge, shortened around `here`, which is always readable."""
    image = Image.fromarray(frame)
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((0, image.height - 52, image.width, image.height), fill=PANEL)
    write(canvas, (14, image.height - 31), fit(here, 15, image.width - 28, bold=True), 15, bold=True)
    write(canvas, (14, image.height - 11), fit(caption, 12, image.width - 28), 12, colour=MUTED)
    return np.asarray(image)
