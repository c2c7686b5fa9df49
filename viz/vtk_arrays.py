"""numpy arrays as VTK's and back: the one place that knows VTK's untyped converters."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util import numpy_support

_converters: Any = cast(Any, numpy_support)


def of_numbers(values: NDArray[Any]) -> Any:
    """A VTK array over the memory of `values`, which it keeps alive."""
    return _converters.numpy_to_vtk(np.ascontiguousarray(values))


def of_ids(values: NDArray[np.int64]) -> Any:
    """A VTK array of ids, copied."""
    return _converters.numpy_to_vtkIdTypeArray(values, deep=1)


def numbers(values: Any) -> NDArray[Any]:
    """A numpy array over the memory of a VTK array."""
    return _converters.vtk_to_numpy(values)
