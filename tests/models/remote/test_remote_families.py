"""Prompts of every family for servers: as text, with markers in a user's text broken and at most four stop strings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dovetail_models.engine.job import CompletionJob
from dovetail_models.prompt.formats.choose import FORMATS
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import Role
from dovetail_models.remote.dialects.dialect import MAX_STOPS
from dovetail_models.remote.family import FAMILIES as REMOTE, family_named, family_of
from dovetail_models.remote.faults import RemoteFault
from dovetail_models.remote.probe import probe
from dovetail_models.remote.prompt import Density, build
from tests.models.families import FAMILIES, PARTS, TYPED, Family
from tests.models.remote.fake_server import FakeServer

NewEngine = Callable[..., Any]

each_family = pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])


def without_beginning(family: Family, prompt: str) -> str:
    """Return the prompt without a beginning-of-text, which servers add."""
    metadata = family.words.metadata
    if not metadata["tokenizer.ggml.add_bos_token"]:
        return prompt
    return prompt.removeprefix(family.words.tokens[metadata["tokenizer.ggml.bos_token_id"]])


def test_every_format_can_be_named() -> None:
    assert set(REMOTE) == {form.family for form in FORMATS}


@each_family
def test_the_prompt_is_that_of_the_familys_sources(family: Family) -> None:
    parts = replace(PARTS, forced=TYPED)
    whole = build(parts, family_named(family.name), 4000, Density(), heals=False)
    assert whole.content == without_beginning(family, family.prompt(TYPED)) and whole.pending == ""
    healed = build(parts, family_named(family.name), 4000, Density(), heals=True)
    # Where what was typed is one text with the prefix, the space before it is backed over, too.
    pending = TYPED if family.format.frozen_anchor else " " + TYPED
    expected = family.expected.replace(pending.removesuffix(TYPED) + "|CURSOR|", "")
    assert (healed.content, healed.pending) == (without_beginning(family, expected), pending)
    assert healed.readable.endswith(pending)


@each_family
def test_markers_in_a_users_text_stay_text(family: Family) -> None:
    remote = family_named(family.name)
    markers = "".join((*family.format.markers.values(), *family.format.leaks))
    hostile = build(PromptParts((), "a.py", markers, markers, markers), remote, 4000, Density(), heals=False)
    plain = build(PromptParts((), "a.py", "a", "b", "c"), remote, 4000, Density(), heals=False)
    assert isinstance(hostile.content, str) and isinstance(plain.content, str)
    for marker in (*family.format.markers.values(), *family.format.leaks):
        assert hostile.content.count(marker) == plain.content.count(marker)
    assert remote.unescaped(hostile.content).count(markers) == 3


@each_family
def test_a_file_that_has_no_room_takes_its_markers_along(family: Family) -> None:
    context = tuple(replace(block, text="x = 1\n" * 200) for block in PARTS.context)
    prompt = build(replace(PARTS, context=context), family_named(family.name), 200, Density(1.0), heals=False)
    assert [cut.label for cut in prompt.cut] == ["context:lib/one.py", "context:lib/two.py"]
    assert isinstance(prompt.content, str) and "lib/one.py" not in prompt.content
    file = family.format.markers.get(Role.FILE)
    if file is not None:
        assert prompt.content.count(file) <= 2  # one for what is left of the second file, one for the current one


@each_family
async def test_stops_are_the_familys_and_at_most_four(
    family: Family, openai: FakeServer, new_engine: NewEngine
) -> None:
    engine = new_engine(openai, format=family.name)
    openai.text = f"turn 1{family.format.ends[-1]} + 2"
    reply = await engine.complete(CompletionJob(replace(PARTS, forced=TYPED), "main.py", max_tokens=200))
    (request,) = openai.completions
    assert reply.text == "turn 1", "a marker that is not among the four ends the text here"
    assert 0 < len(request.body["stop"]) <= MAX_STOPS
    assert set(request.body["stop"]) <= set(family.format.ends)
    assert set(family.format.stops) <= set(request.body["stop"])


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("deepseek-ai/deepseek-coder-6.7b-base", "deepseek-coder"),
        ("DeepSeek-Coder-V2-Lite-Base.Q4_K_M", "deepseek-coder"),
        ("Qwen/Qwen2.5-Coder-1.5B", "qwen-coder"),
        ("bigcode/starcoder2-3b", "starcoder2"),
        ("google/codegemma-2b", "codegemma"),
        ("ibm-granite/granite-3b-code-base-2k", "granite-code"),
        ("ibm-granite/granite-4.0-micro-base", "granite"),
        ("JetBrains/Mellum-4b-base", "mellum"),
        ("Mellum2-12B-A2.5B-Base", "mellum2"),
        ("ByteDance-Seed/Seed-Coder-8B-Base", "seed-coder"),
        ("Codestral-22B-v0.1", "codestral"),
        ("dovetail-starter", ""),
    ],
)
def test_a_name_claims_a_family(name: str, family: str) -> None:
    assert family_of(name) == family


@pytest.mark.parametrize("llama", [True, False])
async def test_the_doctor_says_when_the_models_name_claims_another_format(
    server: FakeServer, new_engine: NewEngine, llama: bool
) -> None:
    server.models = ["qwen2.5-coder-1.5b.gguf"]
    engine = new_engine(server, dialect="llama.cpp" if llama else "openai")
    (found,) = [each async for each in probe(engine) if each.name == "format"]
    assert (found.verdict, found.fix) == ("warn", 'set [remote] format = "qwen-coder"')
    server.models = ["deepseek-coder-1.3b.gguf"]
    engine = new_engine(server, dialect="llama.cpp" if llama else "openai")
    assert "format" not in [each.name async for each in probe(engine)]


async def test_the_vocabulary_names_the_format_that_fits(server: FakeServer, new_engine: NewEngine) -> None:
    with pytest.raises(RemoteFault, match=r'has no <\|fim_prefix\|>: set \[remote\] format to "deepseek-coder"'):
        await new_engine(server, format="qwen-coder").ensure_ready()
