"""The catalogue's rows, the names that they give to files, and the messages about a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dovetail_models.catalog.installed import find_installed, installed_models
from dovetail_models.catalog.pins import Pin, pin_path, pin_text, read_pin
from dovetail_models.catalog.read import catalog, find_entry, parse_catalog
from dovetail_models.errors import ModelError
from dovetail_models.files import resolve_model
from tests.models.download.gguf_files import gguf

FAMILIES = {
    "deepseek-coder",
    "qwen2.5-coder",
    "starcoder2",
    "codestral",
    "codegemma",
    "granite-code",
    "seed-coder",
    "mellum",
    "mellum2",
}

ROW = """
[[model]]
name = "a"
repository = "o/r"
file = "a.gguf"
licence = "MIT"
context_tokens = 1
family = "f"
"""


def test_every_row_is_sound() -> None:
    for entry in catalog():
        assert re.fullmatch(r"[a-z0-9._-]+", entry.name), entry
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", entry.repository), entry
        assert (entry.file or entry.file_pattern or "").endswith(".gguf"), entry
        assert "instruct" not in f"{entry.repository}{entry.file}".lower(), entry
        assert entry.licence and entry.context_tokens >= 2048, entry
        assert entry.licence_limit == "" or entry.licence_limit.endswith("."), entry
        assert entry.revision is None or re.fullmatch("[0-9a-f]{40}", entry.revision), entry
    assert {entry.family for entry in catalog()} == FAMILIES


def test_the_rows_that_state_a_hash() -> None:
    assert {entry.name: entry.sha256[:8] for entry in catalog() if entry.sha256} == {
        "deepseek-coder-1.3b": "2ad96fe4",
        "deepseek-coder-1.3b-q8_0": "f25baf6e",
        "deepseek-coder-6.7b-q8_0": "9f9197a8",
    }


def test_licences_that_forbid_use_say_so() -> None:
    limits = {entry.name: entry.licence_limit for entry in catalog()}
    assert "research and testing only" in limits["codestral-22b"]
    assert "not for commercial use" in limits["qwen2.5-coder-3b"]
    assert limits["qwen2.5-coder-7b"] == ""


@pytest.mark.parametrize(
    "text, expected",
    [
        (ROW + ROW, "same name"),
        (ROW.replace("licence", "license"), "licence, license"),
        (ROW + 'file_pattern = "*"', "either"),
        (ROW + 'sha256 = "abc"', "64 hexadecimal"),
    ],
)
def test_a_wrong_row_is_an_error(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        parse_catalog(text)


def test_installed_models_have_their_names_in_the_catalogue(tmp_path: Path) -> None:
    for name in ("deepseek-coder-5.7bmqa-base.Q4_K_M.gguf", "mine.gguf", "half.gguf.part", "half.gguf.part.json"):
        (tmp_path / name).write_bytes(gguf(10))
    assert [model.name for model in installed_models(tmp_path)] == ["deepseek-coder-5.7b-mqa", "mine"]
    for name in ("deepseek-coder-5.7b-mqa", "DeepSeek-Coder-5.7B-MQA", "deepseek-coder-5.7bmqa-base.Q4_K_M"):
        model = resolve_model(name, tmp_path)
        assert model.name == "deepseek-coder-5.7b-mqa" and model.path.parent == tmp_path
    assert resolve_model("mine", tmp_path).path == tmp_path / "mine.gguf"
    assert installed_models(tmp_path / "none") == ()


def test_a_file_whose_name_only_its_pin_knows(tmp_path: Path) -> None:
    (tmp_path / "Seed.Q4_K_M.gguf").write_bytes(gguf(10))
    assert find_installed("seed-coder-8b", tmp_path) is None
    pin = Pin("Seed.Q4_K_M.gguf", "0" * 64, 10)
    pin_path(tmp_path, "seed-coder-8b").parent.mkdir()
    pin_path(tmp_path, "seed-coder-8b").write_text(pin_text(pin))
    assert read_pin(tmp_path, "seed-coder-8b") == pin
    assert resolve_model("seed-coder-8b", tmp_path).path.name == "Seed.Q4_K_M.gguf"
    pin_path(tmp_path, "seed-coder-8b").write_text("{")
    with pytest.raises(ModelError, match="damaged: remove it"):
        read_pin(tmp_path, "seed-coder-8b")


def test_names_that_are_not_there_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is not installed: run `dovetail models pull qwen2\.5-coder-7b`"):
        resolve_model("Qwen2.5-Coder-7B", tmp_path)
    with pytest.raises(ModelError, match="did you mean starcoder2-7b or starcoder2-3b"):
        resolve_model("starcoder-7b", tmp_path)
    with pytest.raises(ModelError, match='no model is called "zzz": `dovetail models list`'):
        resolve_model("zzz")
    assert find_entry("zzz") is None


def test_a_file_here_never_takes_a_models_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.gguf").write_bytes(gguf(10))
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "starcoder2-3b", "other"):
        (tmp_path / name).write_bytes(gguf(10))
    assert resolve_model("mine", tmp_path / "models").path == tmp_path / "models" / "mine.gguf"
    with pytest.raises(ModelError, match="is not installed"):
        resolve_model("starcoder2-3b", tmp_path / "models")
    assert resolve_model("other", tmp_path / "models").path == tmp_path / "other"
