"""Mappings from other people's classes, types, property sets and habits to the vocabulary, as TOML files."""
