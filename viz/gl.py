"""Is there an OpenGL that VTK can draw with, and if not, what to install.

Without any OpenGL library VTK ends the process with a segmentation fault and no exception, so the question is
asked in a process of its own. The answer is kept in the environment for the processes started from here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from schema.errors import TwinError

WINDOW = "VTK_DEFAULT_OPENGL_WINDOW"
HEADLESS = "vtkEGLRenderWindow"
PROBE = """
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderWindow, vtkRenderer
window = vtkRenderWindow()
window.SetOffScreenRendering(True)
window.SetSize(8, 8)
window.AddRenderer(vtkRenderer())
window.Render()
version = [line for line in window.ReportCapabilities().splitlines() if "renderer string" in line.lower()]
print("drawn by", version[0].split(":", 1)[1].strip() if version else window.GetClassName())
"""
INSTALL = (
    "apt-get install -y --no-install-recommends libegl1 libgl1-mesa-dri (Debian, Ubuntu) or "
    "dnf install mesa-libEGL mesa-dri-drivers (Fedora, RHEL)"
)


class NoGraphics(TwinError):
    """VTK finds no OpenGL to draw with."""


@dataclass(frozen=True)
class Graphics:
    """What a picture is drawn with: the driver's name, and whether a window can be opened."""

    renderer: str
    screen: bool


def has_screen() -> bool:
    """Whether there is a screen that a window could open on."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY"))


def require(*, window: bool = False, timeout_s: float = 60.0) -> Graphics:
    """Prepare this process for drawing, or say in one line what is missing.

    Without a screen VTK is told to draw through EGL, which needs none. Raises NoGraphics.
    """
    screen = has_screen()
    if window and not screen:
        raise NoGraphics("there is no screen to open a window on (DISPLAY is not set): name a file with --png FILE")
    if not screen:
        os.environ.setdefault(WINDOW, HEADLESS)
    known = os.environ.get("_TWIN_GL")
    if known:
        return Graphics(known, screen)
    try:
        probe = subprocess.run(
            [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoGraphics(f"the OpenGL library did not draw a test picture within {timeout_s:.0f} s") from None
    drawn = [line for line in probe.stdout.splitlines() if line.startswith("drawn by ")]
    if probe.returncode != 0 or not drawn:
        raise NoGraphics(f"no OpenGL library to draw with: {INSTALL}")
    renderer = drawn[-1].removeprefix("drawn by ")
    os.environ["_TWIN_GL"] = renderer
    return Graphics(renderer, screen)
