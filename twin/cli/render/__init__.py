"""How answers are drawn in a terminal."""
