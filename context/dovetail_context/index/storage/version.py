"""The extractor version: a hash over all that decides what is extracted from a text."""

import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

_FORMAT = 5  # of what `packed.py`, `store.py` and `image.py` write
# Modules outside of `languages/` that decide what a record or its words are.
_MODULES = """
    syntax.py records/access.py index/extraction/build.py records/packed.py records/record.py records/text.py
    index/words.py workspace/exclude.py workspace/manifest.py workspace/secrets/private_keys.py
    workspace/secrets/randomness.py workspace/read.py workspace/secrets/assignments.py workspace/secrets/formats.py
    workspace/secrets/literals.py workspace/secrets/names.py workspace/secrets/values.py workspace/secrets/find.py
    """.split()  # noqa: SIM905 - a list of paths


@cache
def extractor_version() -> str:
    """Changes whenever the code of the extractors, their queries, a grammar or the Python version does (its compact
    serial form may change with it)."""
    package = resources.files("dovetail_context")
    hashed = hashlib.blake2b(f"{_FORMAT} {sys.version} {sys.byteorder}".encode(), digest_size=16)
    for file in (*(package.joinpath(name) for name in _MODULES), *_files_below(package.joinpath("languages"))):
        hashed.update(file.name.encode() + b"\0" + file.read_bytes())
    for name in sorted(_grammars()):
        hashed.update(name.encode())
    return hashed.hexdigest()


def _files_below(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files_below(entry)
        elif entry.name.endswith((".py", ".scm")):
            yield entry


def _grammars() -> set[str]:
    """The installed distributions that parse, each with its version in its name. (Asking for each takes 10 ms.)"""
    return {
        entry.name
        for folder in filter(None, sys.path)
        if Path(folder).is_dir()
        for entry in Path(folder).glob("tree_sitter*.dist-info")
    }
