"""Readers: one module or package for each kind of export, from files to an `Extract`."""
