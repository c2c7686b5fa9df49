"""Draw a scene into an image, with no window."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter

from viz.camera import View
from viz.vtk_arrays import numbers


def aim(renderer: vtkRenderer, view: View) -> None:
    """Point a renderer's camera."""
    camera = renderer.GetActiveCamera()
    camera.SetPosition(*view.position)
    camera.SetFocalPoint(*view.focus)
    camera.SetViewUp(0.0, 0.0, 1.0)
    camera.SetViewAngle(view.angle_deg)
    renderer.ResetCameraClippingRange()


def draw(renderer: vtkRenderer, view: View, width: int, height: int, scale: int = 1) -> NDArray[np.uint8]:
    """Draw a renderer, uint8[height, width, 3]; `scale` × `scale` drawn pixels are averaged to one."""
    window = vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(0)
    window.SetSize(width * scale, height * scale)
    window.AddRenderer(renderer)
    aim(renderer, view)
    window.Render()
    grab: Any = cast(Any, vtkWindowToImageFilter())
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    drawn = grab.GetOutput().GetPointData().GetScalars()
    pixels: NDArray[np.uint8] = numbers(drawn).reshape(height * scale, width * scale, -1)[::-1, :, :3]
    window.RemoveRenderer(renderer)
    window.Finalize()
    if scale == 1:
        return np.ascontiguousarray(pixels)
    return pixels.reshape(height, scale, width, scale, 3).mean(axis=(1, 3)).round().astype(np.uint8)
