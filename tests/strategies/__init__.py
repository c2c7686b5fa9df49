"""Hypothesis strategies: random campuses as plain records, like the CSV tables."""

from .campus import Question, Records, campuses, questions
from .faults import NEEDS_ONLY, faulty
from .mesh import meshes
from .plant import plants
from .ring import rings

__all__ = ["NEEDS_ONLY", "Question", "Records", "campuses", "faulty", "meshes", "plants", "questions", "rings"]
