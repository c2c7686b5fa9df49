"""Hypothesis strategies: random campuses as plain records, like the CSV tables."""

from .campus import Question, Records, campuses, questions
from .plant import plants

__all__ = ["Question", "Records", "campuses", "plants", "questions"]
