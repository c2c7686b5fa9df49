"""Energy: power usage effectiveness, water usage effectiveness, and where the power goes; see docs/energy.md."""
