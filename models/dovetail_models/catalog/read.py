"""Reads `catalog.toml`, which comes with Dovetail, and finds rows in it."""

import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from dovetail_models.catalog.entry import CatalogEntry

MEGABYTE = 1_000_000
"""The hub shows decimal megabytes."""

_NEEDED = {"name", "repository", "licence", "context_tokens", "family"}
_OPTIONAL = {"file", "file_pattern", "revision", "sha256", "size_mb", "licence_limit", "parameters_m", "kv_elements"}
_SHA256 = re.compile("[0-9a-f]{64}")


@cache
def catalog() -> tuple[CatalogEntry, ...]:
    """Return the rows in the order of the file."""
    return parse_catalog(files("dovetail_models.catalog").joinpath("catalog.toml").read_text(encoding="utf-8"))


def find_entry(name: str) -> CatalogEntry | None:
    """Return the row of that name; upper and lower case are the same."""
    return next((entry for entry in catalog() if entry.name == name.lower()), None)


def near_names(name: str, among: tuple[str, ...]) -> list[str]:
    """Return at most three names that look like `name`, the nearest first."""
    return get_close_matches(name.lower(), among, n=3, cutoff=0.6)


def parse_catalog(text: str) -> tuple[CatalogEntry, ...]:
    """Return the rows of a catalogue's text. Raises ValueError for a row that lacks a key or has an unknown one."""
    entries = tuple(_entry(row) for row in tomllib.loads(text)["model"])
    for what in ("name", "file"):
        values = [value for entry in entries if (value := getattr(entry, what)) is not None]
        if len(set(values)) < len(values):
            raise ValueError(f"two rows of the catalogue have the same {what}")
    return entries


def _entry(row: Mapping[str, Any]) -> CatalogEntry:
    name = row.get("name", "a row without name")
    wrong = (_NEEDED - row.keys()) | (row.keys() - _NEEDED - _OPTIONAL)
    if wrong:
        raise ValueError(f"{name}: missing or unknown keys: {', '.join(sorted(wrong))}")
    if ("file" in row) == ("file_pattern" in row):
        raise ValueError(f"{name}: either file or file_pattern must be given")
    if "sha256" in row and not _SHA256.fullmatch(row["sha256"]):
        raise ValueError(f"{name}: sha256 must be 64 hexadecimal digits in lower case")
    return CatalogEntry(
        name=row["name"],
        repository=row["repository"],
        file=row.get("file"),
        file_pattern=row.get("file_pattern"),
        revision=row.get("revision"),
        sha256=row.get("sha256"),
        size_bytes=row["size_mb"] * MEGABYTE if "size_mb" in row else None,
        licence=row["licence"],
        licence_limit=row.get("licence_limit", ""),
        parameters=row["parameters_m"] * 1_000_000 if "parameters_m" in row else None,
        kv_elements=row.get("kv_elements"),
        context_tokens=row["context_tokens"],
        family=row["family"],
    )
