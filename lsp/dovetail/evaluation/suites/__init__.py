"""Suites: one file each reads the published format of one; `registry.py` lists them."""
