"""Drawing without a screen: what a camera sees, as an array of pixels, and how far away it is."""

from __future__ import annotations

import time
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

from viz.boxes import Doubles
from viz.camera import View
from viz.vtk_arrays import numbers

NEAR_M, WITHIN, VTK_WITHIN = 0.05, 1e-4, 0.0101
FINE_BELOW_S: Final = 0.08
"""Where a picture takes longer than this, its edges are not smoothed while somebody watches."""


def aim(renderer: vtkRenderer, view: View) -> None:
    """Point a renderer's camera."""
    camera = renderer.GetActiveCamera()
    camera.SetPosition(*view.position)
    camera.SetFocalPoint(*view.focus)
    camera.SetViewUp(0.0, 0.0, 1.0)
    camera.SetViewAngle(view.angle_deg)
    renderer.ResetCameraClippingRange()
    near, far = camera.GetClippingRange()
    # VTK keeps the near plane at a hundredth of the far one, which would cut open the cabinets beside an aisle. Where
    # all stands farther away than that, its near plane stays: the depth of the picture is the finer for it.
    if near <= far * VTK_WITHIN:
        camera.SetClippingRange(min(near, max(NEAR_M, far * WITHIN)), far)


class Canvas:
    """A renderer's off-screen window, kept from picture to picture: the first costs ten times the next."""

    def __init__(self, renderer: vtkRenderer) -> None:
        self._renderer = renderer
        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.SetMultiSamples(0)
        self._window.AddRenderer(renderer)
        self._pixels = vtkUnsignedCharArray()
        self._view: View | None = None
        self.size = (0, 0)
        self.took_s = 0.0
        """Seconds that the last picture took, or a fine one would have taken without smooth edges."""

    def draw(self, view: View, width: int, height: int) -> NDArray[np.uint8]:
        """What the camera sees, uint8[height, width, 3]."""
        began = time.perf_counter()
        if self.size != (width, height):
            self.size = (width, height)
            self._window.SetSize(width, height)
        aim(self._renderer, view)
        self._view = view
        self._window.Render()
        window: Any = cast(Any, self._window)
        window.GetPixelData(0, 0, width - 1, height - 1, 0, self._pixels, 0)
        pixels: NDArray[np.uint8] = numbers(self._pixels).reshape(height, width, 3)
        self.took_s = time.perf_counter() - began
        return pixels[::-1].copy()

    def fine(self, view: View, width: int, height: int) -> NDArray[np.uint8]:
        """The same with smooth edges: drawn twice as large, four pixels averaged to one."""
        large = self.draw(view, 2 * width, 2 * height)
        self.took_s /= 4
        return np.asarray(Image.fromarray(large).reduce(2))

    def point(self, x: float, y: float, wide: int) -> Doubles | None:
        """The point of the last picture that is drawn at a pixel of it (from the upper left) as if it were so `wide`.

        None for the background.
        """
        width, height = self.size
        x, y = x * width / wide, y * width / wide
        if self._view is None or not (0 <= x < width and 0 <= y < height):
            return None
        window: Any = cast(Any, self._window)
        depth = float(window.GetZbufferDataAtPoint(int(x), height - 1 - int(y)))
        if depth >= 1.0:
            return None
        near, far = self._renderer.GetActiveCamera().GetClippingRange()
        ahead = near * far / (far - depth * (far - near))
        origin, towards = self._view.ray(int(x) + 0.5, int(y) + 0.5, width, height)
        return origin + towards * ahead

    def close(self) -> None:
        """Give the window back."""
        self._window.RemoveRenderer(self._renderer)
        self._window.Finalize()


def draw(renderer: vtkRenderer, view: View, width: int, height: int, scale: int = 1) -> NDArray[np.uint8]:
    """Draw a renderer once, uint8[height, width, 3]; `scale` × `scale` drawn pixels are averaged to one."""
    canvas = Canvas(renderer)
    try:
        pixels = canvas.draw(view, width * scale, height * scale)
    finally:
        canvas.close()
    return pixels if scale == 1 else np.asarray(Image.fromarray(pixels).reduce(scale))
