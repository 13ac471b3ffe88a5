"""Names to model files, and one clear line for each file that cannot be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dovetail_models.errors import ModelError
from dovetail_models.files import KEY_HEAD_BYTES, STARTER, ModelFile, model_key, resolve_model


def test_the_starter_model_is_there_under_both_names() -> None:
    starter = resolve_model(None)
    assert starter == resolve_model(STARTER)
    assert starter.is_starter and starter.name == STARTER and starter.path.is_file()


def test_a_path_is_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "deepseek-coder-1.3b-base.Q4_K_M.gguf"
    file.write_bytes(b"GGUF....")
    expected = ModelFile("deepseek-coder-1.3b-base.Q4_K_M", file, False)
    assert resolve_model(str(file)) == expected
    monkeypatch.chdir(tmp_path)
    assert resolve_model(file.name) == expected


@pytest.mark.parametrize(
    "name, content, expected",
    [
        ("missing.gguf", None, "does not exist"),
        ("empty.gguf", b"", "is empty"),
        ("page.gguf", b"<!DOCTYPE html>", "is not a GGUF file"),
        ("short.gguf", b"GG", "is not a GGUF file"),
    ],
)
def test_one_line_for_each_fault(tmp_path: Path, name: str, content: bytes | None, expected: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=expected) as caught:
        resolve_model(str(tmp_path / name))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a file"):
        resolve_model(str(tmp_path))


def test_an_unknown_name_says_which_are_known() -> None:
    with pytest.raises(ModelError, match='no model is called "gpt"'):
        resolve_model("gpt")


def test_a_key_is_of_what_a_file_holds(tmp_path: Path) -> None:
    weights = bytes(range(256)) * (KEY_HEAD_BYTES // 128)  # twice the head
    first, copy, longer, tuned = (tmp_path / name for name in ("a.gguf", "b.gguf", "a-q8.gguf", "a-tuned.gguf"))
    for file in (first, copy):
        file.write_bytes(weights)
    longer.write_bytes(weights + b"1")
    tuned.write_bytes(weights[: KEY_HEAD_BYTES + 99] + bytes(len(weights) - KEY_HEAD_BYTES - 99))
    assert model_key(first) == model_key(copy) and len(model_key(first)) == 16
    assert len({model_key(file) for file in (first, longer, tuned)}) == 3
    (tmp_path / "empty.gguf").write_bytes(b"")
    assert model_key(tmp_path / "empty.gguf")
