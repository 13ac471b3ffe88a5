"""Which format a model file is of, and which files are refused or come with advice."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import llama
from dovetail_models.engine.runtime.loading import format_of, load
from dovetail_models.errors import EngineError, ModelError
from dovetail_models.prompt.formats.choose import (
    FORMATS,
    ChosenFormat,
    ModelIdentity,
    candidates,
    choose,
    format_named,
)
from tests.models.families import FAMILIES, Family
from tests.models.tiny_model import NORMAL, USER_DEFINED, Words, byte_level

BY_NAME = {family.name: family for family in FAMILIES}


def chosen(family: str, name: str, architecture: str | None = None) -> ChosenFormat:
    """Return the choice for a file with a family's vocabulary and this name."""
    words = BY_NAME[family].words
    identity = ModelIdentity("m.gguf", ("", name), architecture or BY_NAME[family].architecture)
    return choose(identity, words.tokens.__contains__)


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_each_family_is_known_by_its_file(family: Family, tmp_path: Path) -> None:
    with closing(llama.load_model(family.write(tmp_path), vocab_only=True)) as model:
        assert format_of(model) == ChosenFormat(family.format)


@pytest.mark.parametrize(
    ("vocabulary", "name", "architecture", "family"),
    [
        ("deepseek-coder", "DeepSeek-Coder-V2-Lite-Base", "deepseek2", "deepseek-coder"),
        ("deepseek-coder", "anything", "llama", "deepseek-coder"),
        ("qwen-coder", "Qwen3-Coder-30B-A3B-Instruct", "qwen3moe", "qwen-coder"),
        ("codegemma", "codegemma-1.1-7b", "gemma", "codegemma"),
        ("mellum", "mellum-4b-sft-python.Q8_0", "llama", "mellum"),
        ("mellum2", "Mellum2-12B-A2.5B-Base.Q4_K_M", "mellum", "mellum2"),
        ("mellum2", "no-name", "mellum", "mellum2"),
        ("mellum", "granite-8b-code-base-4k", "llama", "granite-code"),
        ("granite", "ibm-granite_granite-4.1-3b", "granite", "granite"),
        ("codestral", "Codestral-22B-v0.1-Q4_K_M", "llama", "codestral"),
    ],
)
def test_what_decides_is_the_vocabulary_then_the_name(
    vocabulary: str, name: str, architecture: str, family: str
) -> None:
    found = chosen(vocabulary, name, architecture)
    assert (found.format.family, found.advice) == (family, "")


@pytest.mark.parametrize(
    ("vocabulary", "name", "said"),
    [
        ("deepseek-coder", "deepseek-coder-6.7b-instruct", "is a model for chat"),
        ("deepseek-coder", "DeepSeek-Coder-V2-Lite-Instruct", "is a model for chat"),
        ("deepseek-coder", "deepseek-coder-7b-base-v1.5", "next token alone"),
        ("codegemma", "codegemma-7b-it", "choose a base model, such as codegemma-2b"),
        ("codestral", "Mamba-Codestral-7B-v0.1", "choose a model such as Codestral-22B-v0.1"),
        ("codestral", "Mistral-7B-v0.3", "the fill-in-the-middle tokens of codestral, but neither"),
        ("granite-code", "starchat", "tokens of granite-code or mellum2 or mellum, but neither"),
        ("seed-coder", "zeta-2.1", "expects another prompt"),
    ],
)
def test_models_that_are_refused(vocabulary: str, name: str, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        chosen(vocabulary, name)
    message = str(caught.value)
    assert said in message and message.startswith("m.gguf ") and "\n" not in message
    assert ": choose" in message or "or choose" in message


@pytest.mark.parametrize(
    ("vocabulary", "name", "said"),
    [
        ("qwen-coder", "Qwen2.5-Coder-7B-Instruct", "if its suggestions are poor, choose Qwen2.5-Coder-1.5B"),
        ("qwen-coder", "Qwen3-4B", "is not known to be trained to complete code in place"),
        ("granite-code", "granite-3b-code-instruct", "choose granite-3b-code-base-2k"),
        ("granite-code", "granite-3.1-2b-base", "is not known"),
        ("starcoder2", "starcoder2-15b-instruct-v0.1", "choose starcoder2-3b"),
        ("seed-coder", "Seed-Coder-8B-Reasoning", "choose Seed-Coder-8B-Base"),
        ("mellum2", "Mellum2-12B-A2.5B-Thinking", "choose Mellum2-12B-A2.5B-Base"),
    ],
)
def test_models_that_come_with_advice(vocabulary: str, name: str, said: str) -> None:
    advice = chosen(vocabulary, name).advice
    assert said in advice and advice.startswith("m.gguf ") and "\n" not in advice


def test_a_vocabulary_without_markers_names_a_model_that_has_them() -> None:
    with pytest.raises(ModelError, match=r"choose a base model \(not instruct\), such as deepseek-coder-1.3b-base"):
        choose(ModelIdentity("m.gguf", ("Llama 3",), "llama"), lambda _text: False)


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_a_family_lacks_no_marker(family: Family) -> None:
    for missing in family.format.markers.values():
        has = set(family.words.tokens) - {missing}
        assert family.format not in candidates(has.__contains__)


def with_kind(words: Words, marker: str, kind: int) -> Words:
    kinds = tuple(kind if token == marker else old for token, old in zip(words.tokens, words.kinds, strict=True))
    return replace(words, kinds=kinds)


def test_a_marker_must_be_one_special_token(tmp_path: Path) -> None:
    seed = BY_NAME["seed-coder"]
    ordinary = replace(seed, words=with_kind(seed.words, "<[fim-prefix]>", NORMAL))
    with pytest.raises(EngineError, match="has no fill-in-the-middle tokens"):
        load(EngineOptions(ordinary.write(tmp_path), n_ctx=512, threads=1))
    added = replace(seed, words=with_kind(seed.words, "<[fim-prefix]>", USER_DEFINED))
    with closing(llama.load_model(added.write(tmp_path), vocab_only=True)) as model:
        assert format_of(model).format is seed.format


def test_symbols_of_a_sentencepiece_vocabulary_are_text(tmp_path: Path) -> None:
    gemma = BY_NAME["codegemma"]
    with closing(llama.load_model(gemma.write(tmp_path), vocab_only=True)) as model:
        for symbol in ("\n\n", "    ", "<table>"):
            (token,) = model.vocabulary.tokenize(symbol.encode())
            assert model.vocabulary.piece(token) == symbol.encode()
            assert not model.vocabulary.ends_text(token)


def test_white_space_that_was_added_to_a_vocabulary_is_text(tmp_path: Path) -> None:
    words = byte_level("gpt-2", ("        ", "<|end|>"), end="<|end|>")
    spaces = replace(BY_NAME["granite"], words=with_kind(words, "        ", USER_DEFINED))
    with closing(llama.load_model(spaces.write(tmp_path), vocab_only=True)) as model:
        assert not model.vocabulary.ends_text(words.tokens.index("        "))
        assert model.vocabulary.ends_text(words.tokens.index("<|end|>"))


def test_the_engine_passes_the_advice_on(tmp_path: Path) -> None:
    path = BY_NAME["qwen-coder"].write(tmp_path, model_name="Qwen2.5 7B Instruct")
    loaded = load(EngineOptions(path, n_ctx=512, threads=1))
    assert loaded.chosen.advice.startswith(f"{path} is a model for chat")
    loaded.context.close()
    loaded.model.close()


def test_formats_are_found_by_name() -> None:
    assert [format_named(each.family) for each in FORMATS] == list(FORMATS)
    with pytest.raises(ModelError, match='no prompt format is called "gpt": choose one of deepseek-coder, '):
        format_named("gpt")
