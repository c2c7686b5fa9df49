"""Meshes: thousands of boxes as one actor whose colours are texels, and lines as one actor of tubes.

Every vertex of a box points at its asset's texel; a texel holds red, green, blue and 16 × (pattern + 1). Recolouring
rewrites the texels and touches no geometry. The shader adds the hatch of the state and an outline to each face, in
pixels of the picture, so both stay crisp at any distance; it discards nothing, so that what is hidden costs little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  # pyright: ignore[reportUnusedImport] - VTK needs it
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkTexture

from viz.boxes import Boxes, Floats, Indices
from viz.states import INK, Rgb
from viz.vtk_arrays import of_ids, of_numbers

POINT: Final = 0  # vtkDataObject.FIELD_ASSOCIATION_POINTS
# Faces of a box by corner, counter-clockwise from outside; the one it stands on is never seen.
FACES: Final = np.array([[4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]])
# The light is fixed to the campus and comes from the north-west: roofs bright, sides darker by compass side. No lamp,
# so colours are exact.
SHADE: Final = np.array([1.0, 0.80, 0.74, 0.86, 0.90], np.float32)
TEXTURE_WIDTH: Final = 256

# What is the same all over a face is worked out at its corners: a software renderer shades twenty times as many pixels.
VERTEX_IN: Final = """//VTK::TCoord::Dec
uniform sampler2D actortexture;
in vec3 face;
out vec2 faceVS;
out float alongVS;
flat out vec3 fillVS;
flat out vec3 inkVS;
flat out vec4 waveVS;
flat out vec2 spotVS;
flat out float rimVS;
"""
VERTEX_OUT: Final = f"""//VTK::TCoord::Impl
  vec4 texel = textureLod(actortexture, tcoord, 0.0);
  int pattern = int(texel.a * 255.0 + 0.5) / 16 - 1;
  float light = pattern == 6 ? mix(1.0, face.z, 0.4) : face.z;
  fillVS = texel.rgb * light;
  inkVS = dot(texel.rgb, vec3(0.2126, 0.7152, 0.0722)) < 0.42 ? vec3(light) : fillVS * {INK};
  rimVS = outline * (pattern == 6 ? 0.18 : 0.45);
  faceVS = face.xy;
  // A wave inks where its fraction is below a share of it: waves across x and y, where they cross, and along a line.
  waveVS = vec4(0.0);
  spotVS = vec2(0.0);
  alongVS = 1e-4;  // a pixel at the very start of a wave is not rounded to the end of the one before
  if (pattern == 1) waveVS = vec4(1.0 / 7.0, 1.0 / 7.0, 2.2 / 7.0, 0.0);
  else if (pattern == 2) waveVS = vec4(1.0 / 11.0, 1.0 / 11.0, 1.6 / 11.0, 1.6 / 11.0);
  else if (pattern == 3) spotVS = vec2(1.0 / 6.0, 1.44 / 36.0);
  else if (pattern == 4) waveVS = vec4(1.0 / 6.0, 0.0, 0.2, 0.0);
  else if (pattern == 5) waveVS = vec4(0.0, 0.2, 0.3, 0.0);
  else if (pattern == 7) {{
    waveVS.z = 0.42;
    alongVS = (vertexMC.x + vertexMC.y + vertexMC.z) / dash;
  }}
  waveVS.xy /= pixels;
  spotVS.x /= pixels;
"""
FRAGMENT_IN: Final = """//VTK::TCoord::Dec
in vec2 faceVS;
in float alongVS;
flat in vec3 fillVS;
flat in vec3 inkVS;
flat in vec4 waveVS;
flat in vec2 spotVS;
flat in float rimVS;
"""
FRAGMENT_OUT: Final = """
  vec2 at = gl_FragCoord.xy;
  vec2 spot = fract(at * spotVS.x) - 0.5;
  bool inked = fract(at.x * waveVS.x + at.y * waveVS.y + alongVS) < waveVS.z
    || fract(at.x * waveVS.x - at.y * waveVS.y + 1e-4) < waveVS.w || dot(spot, spot) < spotVS.y;
  vec2 inverse = 1.0 / max(fwidth(faceVS) * pixels, vec2(1e-6));
  vec2 near = min(faceVS, 1.0 - faceVS) * inverse;
  float line = clamp(1.75 - 1.25 * min(near.x, near.y), 0.0, 1.0);
  line *= clamp(min(inverse.x, inverse.y) / 6.0 - 0.5, 0.0, 1.0);
  gl_FragData[0] = vec4((inked ? inkVS : fillVS) * (1.0 - line * rimVS), 1.0);
"""


def as_points(points: Floats) -> vtkPoints:
    """VTK points over the memory of float32[k, 3]."""
    out: Any = cast(Any, vtkPoints())
    out.SetData(of_numbers(np.ascontiguousarray(points)))
    return out


def as_cells(connectivity: NDArray[np.int64], width: int) -> vtkCellArray:
    """VTK cells of `width` points each."""
    offsets = np.arange(0, len(connectivity) + 1, width, dtype=np.int64)
    cells: Any = cast(Any, vtkCellArray())
    cells.SetData(of_ids(offsets), of_ids(connectivity))
    return cells


@dataclass
class Paint:
    """The texels of one actor: `index` are the assets in the order of the texels."""

    index: Indices
    texels: NDArray[np.uint8]
    image: Any

    def __call__(self, palette: NDArray[np.uint8], value: NDArray[np.uint8]) -> None:
        """Colour the assets by `palette[value[asset]]`; palette uint8[k, 4], value uint8[n]."""
        # A texel is moved as one number of 32 bits: four times faster than four bytes.
        table, texels = palette.view(np.uint32).ravel(), self.texels.view(np.uint32).ravel()
        np.take(table, value[self.index], out=texels[: len(self.index)], mode="clip")
        self.image.GetPointData().GetScalars().Modified()
        self.image.Modified()


def texture(count: int) -> tuple[vtkTexture, NDArray[np.uint8], Any, Floats]:
    """A texture of one texel for each of `count` things, its memory, and their texture coordinates."""
    height = max(1, -(-count // TEXTURE_WIDTH))
    texels = np.zeros((height * TEXTURE_WIDTH, 4), np.uint8)
    image: Any = cast(Any, vtkImageData())
    image.SetDimensions(TEXTURE_WIDTH, height, 1)
    image.GetPointData().SetScalars(of_numbers(texels))
    out: Any = cast(Any, vtkTexture())
    out.SetInputDataObject(image)
    out.InterpolateOff()
    out.MipmapOff()
    out.RepeatOff()
    out.SetColorModeToDirectScalars()
    number = np.arange(count)
    where = np.empty((count, 2), np.float32)
    where[:, 0] = (number % TEXTURE_WIDTH + 0.5) / TEXTURE_WIDTH
    where[:, 1] = (number // TEXTURE_WIDTH + 0.5) / height
    return out, texels, image, where


def box_actor(
    boxes: Boxes, index: Indices, *, pixels: float = 1.0, outline: float = 1.0, dash_m: float = 1.0
) -> tuple[vtkActor, Paint]:
    """One actor for the boxes of these assets, and what paints it.

    `pixels`: pixels of the drawing for one of the picture (2 where it is drawn twice as large and scaled down).
    `dash_m`: length of the dashes of lines and the gaps between them, in metres.
    """
    count, faces = len(index), len(FACES)
    points = boxes.corners(index)[:, FACES.ravel()].reshape(-1, 3)
    skin, texels, image, where = texture(count)
    data: Any = cast(Any, vtkPolyData())
    data.SetPoints(as_points(points))
    data.SetPolys(as_cells(np.arange(len(points), dtype=np.int64), 4))
    coordinates = of_numbers(np.repeat(where, 4 * faces, axis=0))
    coordinates.SetName("texel")
    data.GetPointData().SetTCoords(coordinates)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    face = np.empty((faces, 4, 3), np.float32)
    face[:, :, :2] = square
    face[:, :, 2] = SHADE[:, None]
    attribute = of_numbers(np.tile(face.reshape(-1, 3), (count, 1)))
    attribute.SetName("face")
    data.GetPointData().AddArray(attribute)
    mapper: Any = cast(Any, vtkPolyDataMapper())
    mapper.SetInputData(data)
    mapper.ScalarVisibilityOff()
    # Shifted vertices would shift the dashes; the model is centred instead.
    mapper.SetVBOShiftScaleMethod(0)
    mapper.MapDataArrayToVertexAttribute("face", "face", POINT, -1)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.SetTexture(skin)
    actor.ForceOpaqueOn()
    shade(actor, pixels=pixels, outline=outline, dash_m=dash_m)
    return actor, Paint(index, texels, image)


def shade(actor: vtkActor, *, pixels: float, outline: float, dash_m: float) -> None:
    """Give an actor of boxes the shader of this module."""
    look = actor.GetProperty()
    look.LightingOff()
    look.BackfaceCullingOn()
    program = actor.GetShaderProperty()
    program.AddVertexShaderReplacement("//VTK::TCoord::Dec", True, VERTEX_IN, False)
    program.AddVertexShaderReplacement("//VTK::TCoord::Impl", True, VERTEX_OUT, False)
    program.AddFragmentShaderReplacement("//VTK::TCoord::Dec", True, FRAGMENT_IN, False)
    program.AddFragmentShaderReplacement("//VTK::TCoord::Impl", True, FRAGMENT_OUT, False)
    corners: Any = program.GetVertexCustomUniforms()
    corners.SetUniformf("outline", outline)
    corners.SetUniformf("dash", dash_m)
    set_pixels(actor, pixels)


def set_pixels(actor: vtkActor, pixels: float) -> None:
    """Tell an actor's shader how many drawn pixels make one of the picture."""
    program = actor.GetShaderProperty()
    for uniforms in (program.GetVertexCustomUniforms(), program.GetFragmentCustomUniforms()):
        cast(Any, uniforms).SetUniformf("pixels", pixels)


def line_actor(segments: Floats, colour: Rgb, *, width: float = 1.0, opacity: float = 1.0) -> vtkActor:
    """Straight lines, float32[k, 2, 3], of one colour and a width in pixels."""
    data: Any = cast(Any, vtkPolyData())
    data.SetPoints(as_points(segments.reshape(-1, 3)))
    data.SetLines(as_cells(np.arange(2 * len(segments), dtype=np.int64), 2))
    mapper: Any = cast(Any, vtkPolyDataMapper())
    mapper.SetInputData(data)
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.LightingOff()
    look.SetColor(*(part / 255 for part in colour))
    look.SetLineWidth(width)
    look.SetOpacity(opacity)
    return actor


def plate_actor(corners: Floats, colour: Rgb) -> vtkActor:
    """Flat polygons of one colour, float32[k, corners, 3]: the cheapest to draw."""
    data: Any = cast(Any, vtkPolyData())
    data.SetPoints(as_points(corners.reshape(-1, 3)))
    data.SetPolys(as_cells(np.arange(corners.shape[0] * corners.shape[1], dtype=np.int64), corners.shape[1]))
    mapper: Any = cast(Any, vtkPolyDataMapper())
    mapper.SetInputData(data)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().LightingOff()
    actor.GetProperty().SetColor(*(part / 255 for part in colour))
    return actor


EDGES: Final = np.array(
    [[0, 1], [1, 2], [2, 3], [3, 0], [4, 5], [5, 6], [6, 7], [7, 4], [0, 4], [1, 5], [2, 6], [3, 7]]
)


def outline_segments(boxes: Boxes, index: Indices) -> Floats:
    """The twelve edges of each box, float32[12 k, 2, 3]."""
    return boxes.corners(index)[:, EDGES].reshape(-1, 2, 3)


def tube_boxes(segments: Floats, radius: Floats) -> Boxes:
    """Bars of square section along axis-parallel segments, float32[k, 2, 3], joined at their corners.

    `radius`: half the side of the section of each, float32[k], metres.
    """
    start, stop = segments[:, 0], segments[:, 1]
    low, high = np.minimum(start, stop) - radius[:, None], np.maximum(start, stop) + radius[:, None]
    base = (low + high) / 2
    base[:, 2] = low[:, 2]
    many = len(segments)
    return Boxes(
        base.astype(np.float32),
        (high - low).astype(np.float32),
        np.zeros(many, np.float32),
        np.ones(many, np.bool_),
        np.zeros(many, np.bool_),
    )
