"""The timeline of a failure: who goes down, comes back, starts and runs empty, and when (section 4)."""

from twin.impact.timeline.events import Event
from twin.impact.timeline.plain import Play, Stopped, first_loss
from twin.impact.timeline.simulation import simulate

__all__ = ["Event", "Play", "Stopped", "first_loss", "simulate"]
