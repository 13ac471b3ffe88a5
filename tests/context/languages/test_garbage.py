"""Reading a file leaves no cycles: a cold start reads thousands with the search for cycles off between two batches."""

from __future__ import annotations

import gc
from itertools import chain
from pathlib import Path

import pytest

from dovetail_context.languages.registry import extract, language_for
from tests.context.conftest import FIXTURES
from tests.context.workspace_text import read_workspace


@pytest.mark.parametrize("language", sorted(FIXTURES.iterdir()), ids=lambda folder: folder.name)
def test_reading_a_file_leaves_no_cycles(language: Path) -> None:
    cases = (read_workspace(file.read_text(encoding="utf-8")) for file in sorted(language.glob("*/*.txt")))
    files = chain.from_iterable(case.files.items() for case in cases)
    texts = {path: text for path, text in files if language_for(path) is not None}
    assert texts
    for path, text in texts.items():  # what is made once for all files: grammars and queries
        extract(path, text)
    gc.collect()
    gc.disable()
    try:
        for path, text in texts.items():
            extract(path, text)
            assert gc.collect() == 0, path
    finally:
        gc.enable()
