"""The reference campus as exports: one IFC file per building, tables for what BIM does not hold, a manifest."""

from ingest.campus.manifest import Defect, Manifest
from ingest.campus.parameters import Parameter, Parameters, defaults
from ingest.campus.scales import SCALES, Scale
from ingest.campus.writing import write

__all__ = ["SCALES", "Defect", "Manifest", "Parameter", "Parameters", "Scale", "defaults", "write"]
