"""Importing the user's own files: the checks, and that a file arrives completely or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from dovetail_models.catalog.pins import read_pin
from dovetail_models.download import importing
from dovetail_models.download.importing import import_model
from dovetail_models.errors import ModelError
from dovetail_models.files import resolve_model
from tests.models.download.gguf_files import gguf


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return the starter model as the user's own file."""
    return Path(shutil.copy(resolve_model(None).path, tmp_path / "mine.gguf"))


def refused(source: Path, folder: Path, expected: str) -> None:
    before = sorted(folder.rglob("*")) if folder.exists() else []
    with pytest.raises(ModelError, match=expected) as caught:
        import_model(source, folder)
    assert "\n" not in str(caught.value)
    assert (sorted(folder.rglob("*")) if folder.exists() else []) == before


def test_on_the_same_disk_it_is_linked(mine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    name, path = import_model(mine, folder)
    assert name == "mine" and path.samefile(mine)
    assert resolve_model("mine", folder).path == path
    pin = read_pin(folder, "mine")
    assert pin is not None and pin.size_bytes == mine.stat().st_size
    assert import_model(mine, folder) == (name, path)  # again is no error


def test_elsewhere_it_is_copied(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(source: object, target: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(importing.os, "link", no_link)
    folder = tmp_path / "models"
    _, path = import_model(mine, folder)
    assert not path.samefile(mine) and path.read_bytes() == mine.read_bytes()
    assert sorted(each.name for each in folder.iterdir()) == ["mine.gguf", "pins"]

    def full(source: object, target: object, block: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(importing.shutil, "copyfileobj", full)
    path.unlink()
    refused(mine, folder, "the disk of .* is full: free")


def test_what_is_no_whole_model_is_refused(mine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(mine.read_bytes()[:-1000])
    refused(cut, folder, "truncated")
    refused(tmp_path / "none.gguf", folder, "does not exist")
    (tmp_path / "page.gguf").write_text("<!DOCTYPE html>")
    refused(tmp_path / "page.gguf", folder, "not a GGUF file")
    (tmp_path / "mine.gguf.part").write_bytes(mine.read_bytes())
    refused(tmp_path / "mine.gguf.part", folder, "does not end in .gguf")


def test_a_model_that_cannot_fill_in_the_middle_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sound.gguf"
    file.write_bytes(gguf(100))  # sound in its structure, and without a vocabulary
    refused(file, tmp_path / "models", r"sound\.gguf")


def test_a_name_that_is_taken(mine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "mine.gguf").write_bytes(gguf(10))
    refused(mine, folder, "another mine.gguf is in .*: rename the file")


def test_a_name_of_the_catalogue_with_other_bytes(mine: Path, tmp_path: Path) -> None:
    listed = mine.rename(tmp_path / "deepseek-coder-1.3b-base.Q4_K_M.gguf")
    refused(listed, tmp_path / "models", "is the name of deepseek-coder-1.3b in the catalogue")
