"""Brute-force answers, written from the text of the semantics page.

They share no code with the engine: plain dicts, sets and fractions, simple, slow, and meant to be obviously right.
Every rule names the section that it follows. Tests compare the engine with them on small campuses.
"""
