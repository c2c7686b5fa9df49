"""The labels, one module for each trade."""
