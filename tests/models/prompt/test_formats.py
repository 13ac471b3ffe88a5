"""Prompt formats of all families, by the tokens of small models that run in the real engine."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from dovetail_models.engine.decoding import decode
from dovetail_models.engine.decoding.steps import Logits
from dovetail_models.engine.decoding.stops import CompletionText
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import llama
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.engine.runtime.tokenizer import Tokenizer
from dovetail_models.prompt.formats.choose import FORMATS
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from dovetail_models.prompt.segments import Joined, Role, Special, Text, flat
from tests.models.conftest import NewClient
from tests.models.families import FAMILIES, PARTS, TYPED, Family
from tests.models.reference_tokenizer import read_metadata
from tests.models.tiny_model import Words

VOCABULARIES = "DOVETAIL_VOCABULARIES"
"""The environment variable that names the `models` folder of llama.cpp's source, where real vocabularies are."""

JOB = CompletionJob(replace(PARTS, forced=TYPED), "main.py", max_tokens=12, min_tokens=12, explain=True)


@pytest.fixture(params=FAMILIES, ids=[family.name for family in FAMILIES])
def family(request: pytest.FixtureRequest) -> Family:
    chosen: Family = request.param
    return chosen


@pytest.fixture
def engine(family: Family, tmp_path: Path) -> Iterator[LlamaEngine]:
    with closing(LlamaEngine(small(family.write(tmp_path)))) as engine:
        yield engine


def small(path: Path) -> EngineOptions:
    return EngineOptions(path, n_ctx=1024, threads=1, speculate=False)


def tokenizer(family: Family, model: llama.Model) -> Tokenizer:
    return Tokenizer(model.vocabulary, family.format.markers)


def prompt_ids(family: Family, model: llama.Model, parts: PromptParts) -> list[int]:
    blocks = tokenizer(family, model).blocks(family.format.lay_out(parts))
    return [token for block in blocks for token in block.ids]


@pytest.fixture
def header(family: Family, tmp_path: Path) -> Iterator[llama.Model]:
    """Yield the model's vocabulary, loaded as the engine loads it: with no space that SentencePiece puts first."""
    overrides: dict[str, str | bool] = (
        {"tokenizer.ggml.add_space_prefix": False} if family.words.is_sentencepiece else {}
    )
    with closing(llama.load_model(family.write(tmp_path), vocab_only=True, overrides=overrides)) as model:
        yield model


def test_every_format_has_a_family_to_be_tried_on() -> None:
    assert {family.name for family in FAMILIES} == {each.family for each in FORMATS}


def test_tokens_are_those_of_the_familys_sources(family: Family, header: llama.Model) -> None:
    assert prompt_ids(family, header, PARTS) == family.ids(family.prompt())
    typed = replace(PARTS, forced=TYPED)
    assert prompt_ids(family, header, typed) == family.ids(family.prompt(TYPED))


def test_the_prompt_as_text_is_that_of_the_familys_sources(family: Family) -> None:
    segments = flat(family.format.lay_out(replace(PARTS, forced=TYPED)))
    assert segments[0] == Special(Role.BOS)
    markers = family.format.markers
    text = "".join(each.text if isinstance(each, Text) else markers[each.role] for each in segments[1:])
    metadata = family.words.metadata
    begins = metadata["tokenizer.ggml.add_bos_token"]
    bos = family.words.tokens[metadata["tokenizer.ggml.bos_token_id"]] if begins else ""
    assert bos + text == family.prompt(TYPED)


def test_markers_in_a_users_text_stay_text(family: Family, header: llama.Model) -> None:
    markers = [token for token, kind in zip(family.words.tokens, family.words.kinds, strict=True) if kind == 3]
    text = "\n".join(markers) + "".join(markers)
    hostile = PromptParts(
        tuple(ContextBlock(f"{i}{markers[0]}.py", text) for i in range(len(PARTS.context))),
        text,
        text,
        text,
        text,
        text,
    )
    ids, plain = prompt_ids(family, header, hostile), prompt_ids(family, header, PARTS)
    special = {family.words.tokens.index(marker) for marker in markers}
    assert [token for token in ids if token in special] == [token for token in plain if token in special]
    assert text in tokenizer(family, header).text(tuple(ids))


def test_every_marker_of_the_vocabulary_ends_a_text(family: Family, header: llama.Model) -> None:
    for token, kind in enumerate(family.words.kinds):
        assert header.vocabulary.ends_text(token) is (kind in (2, 3))


def test_a_marker_that_the_model_spells_out_is_never_shown(family: Family) -> None:
    for marker in (*family.format.markers.values(), *family.format.leaks):
        text = CompletionText(stop=family.format.ends)
        for byte in f"x = 1{marker}y".encode():
            if text.add(bytes((byte,))):
                break
            assert "x = 1".startswith(text.safe)
        assert text.end == text.safe == "x = 1"


def test_the_engine_ends_a_text_at_a_marker_spelled_out(
    family: Family, engine: LlamaEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = family.format.markers[Role.FIM_PREFIX]
    script = iter(family.words.expected_ids(f"turn 1{marker} + 2 + 3 + 4 + 5 + 6 + 7"))
    monkeypatch.setattr(decode, "most_likely", lambda *_: (next(script), -0.1))
    shown: list[str] = []
    job = replace(JOB, parts=PARTS, max_tokens=60, min_tokens=0)
    reply = engine.complete(job, Interrupt(), lambda text, logprob: shown.append(text))
    assert (reply.text, reply.stop) == ("turn 1", "stop")
    assert all(marker[0] not in text for text in shown)


@pytest.mark.long(keep=3)
async def test_completes_through_a_host_and_a_keystroke_finds_the_cache(
    family: Family, new_client: NewClient, tmp_path: Path
) -> None:
    client = new_client(small(family.write(tmp_path)))
    status = await client.ensure_ready()
    assert (status.format, status.frozen_anchor, status.advice) == (family.name, family.format.frozen_anchor, "")
    first = await client.complete(replace(JOB, parts=replace(PARTS, forced=TYPED[:-1])))
    second = await client.complete(JOB)
    expected = family.prompt(TYPED, healed=True)
    assert second.prompt == expected
    assert second.prompt_tokens == len(family.ids(expected))
    assert sum(block.tokens for block in second.blocks) == second.prompt_tokens
    assert 0 < second.prompt_tokens - second.reused_tokens <= 5, "only the typed text and a marker are evaluated"
    assert second.reused_tokens >= first.prompt_tokens - 5
    assert second.generated_tokens == 12
    assert not any(marker in second.text for marker in family.words.tokens if len(marker) > 6)
    with closing(LlamaEngine(small(tmp_path / f"{family.name}.gguf"))) as fresh:
        assert fresh.complete(JOB, Interrupt()).text == second.text


def edited(dice: random.Random, parts: PromptParts) -> PromptParts:
    """Return the next request: usually one more letter, sometimes another suffix, prefix or file."""
    match dice.randrange(8):
        case 0:
            return replace(parts, suffix="\n" + "g(1)\n" * dice.randrange(300), forced="")
        case 1:
            return replace(parts, prefix=parts.prefix + parts.forced + "\n", forced="")
        case 2:
            return replace(parts, context=parts.context[::-1])
        case 3:
            return replace(parts, forced=parts.forced[:-1])
        case _:
            return replace(parts, forced=parts.forced + dice.choice(("r", "e", "t", "u", "n", "de", " ", "f(")))


@pytest.mark.long(keep=3)
def test_answers_are_those_of_an_engine_that_has_read_nothing(
    family: Family, engine: LlamaEngine, tmp_path: Path
) -> None:
    dice = random.Random(family.name)
    parts, reused = PARTS, 0
    for _ in range(8):
        parts = edited(dice, parts)
        job = replace(JOB, parts=parts, max_tokens=6, min_tokens=6)
        reply = engine.complete(job, Interrupt())
        reused += reply.reused_tokens
        with closing(LlamaEngine(small(tmp_path / f"{family.name}.gguf"))) as fresh:
            expected = fresh.complete(job, Interrupt())
        assert (reply.prompt, reply.text) == (expected.prompt, expected.text)
    assert reused > 0


def test_half_a_word_is_taken_up_again_as_one_token(
    family: Family, engine: LlamaEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "retur" is the tokens "retu" and "r"; "return" is one token, and may take their place."""
    whole = family.words.tokens.index("return")
    offered: list[set[str]] = []

    def choose(logits: Logits, allowed: npt.NDArray[np.int32] | None = None) -> tuple[int, float]:
        if allowed is None:
            return int(np.argmax(logits)), -1.0
        offered.append({engine._tokenizer.piece(token).decode() for token in allowed.tolist()})
        return whole, -1.0

    monkeypatch.setattr(decode, "most_likely", choose)
    reply = engine.complete(replace(JOB, parts=replace(PARTS, forced="retur"), max_tokens=1, min_tokens=0), Interrupt())
    assert reply.prompt == family.prompt("retur", healed=True)
    assert offered == [{"r", "re", "retu", "return"}]
    assert reply.text == "n"


def test_deepseek_coder_v2_has_the_prompts_of_the_first(tmp_path: Path) -> None:
    family = next(each for each in FAMILIES if each.name == "deepseek-coder")
    path = family.write(tmp_path, architecture="deepseek2", model_name="DeepSeek-Coder-V2-Lite-Base")
    with closing(LlamaEngine(small(path))) as engine:
        engine.complete(replace(JOB, parts=replace(PARTS, forced=TYPED[:-1])), Interrupt())
        reply = engine.complete(JOB, Interrupt())
    assert reply.prompt == family.prompt(TYPED)
    assert reply.prompt_tokens - reply.reused_tokens <= 5


@pytest.mark.skipif(
    not os.environ.get(VOCABULARIES), reason=f"{VOCABULARIES} names no folder with llama.cpp's vocabularies"
)
@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("ggml-vocab-deepseek-coder.gguf", "deepseek-coder"),
        ("ggml-vocab-starcoder.gguf", "starcoder2"),
        ("ggml-vocab-refact.gguf", "granite-code"),
        ("ggml-vocab-refact.gguf", "mellum"),
    ],
)
def test_vocabularies_as_their_makers_publish_them(file: str, name: str, tmp_path: Path) -> None:
    """Refact's has the marker names of Granite's code models and of Mellum."""
    metadata = read_metadata(Path(os.environ[VOCABULARIES]) / file)
    tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
    kept = {key: value for key, value in metadata.items() if key.startswith("tokenizer.")}
    family = next(each for each in FAMILIES if each.name == name)
    family = replace(family, words=Words(tuple(tokens), tuple(kinds), kept))
    with closing(LlamaEngine(small(family.write(tmp_path)))) as engine:
        assert engine.status.format == name
        engine.complete(replace(JOB, parts=replace(PARTS, forced="ite")), Interrupt())
        reply = engine.complete(replace(JOB, parts=replace(PARTS, forced="item")), Interrupt())
        middle = family.format.markers[Role.FIM_MIDDLE]  # Its position depends on what token healing backs over.
        assert reply.prompt is not None
        assert reply.prompt.replace(middle, "") == family.prompt("item").replace(middle, "")
        assert 0 < reply.prompt_tokens - reply.reused_tokens <= 5
        assert reply.prompt_tokens < len(reply.prompt) / 2
        markers = "".join((*family.format.markers.values(), *family.format.leaks))
        hostile = engine.complete(
            replace(JOB, parts=replace(PARTS, prefix=markers + "\n", suffix=markers)), Interrupt()
        )
        assert hostile.prompt is not None and hostile.prompt.count(markers) == 2
        specials = [block.tokens for block in hostile.blocks if block.label == "markers"]
        assert specials == [block.tokens for block in reply.blocks if block.label == "markers"]


def test_labels_name_the_parts_in_prompt_order(family: Family, engine: LlamaEngine) -> None:
    labels = [block.label for block in engine.complete(JOB, Interrupt()).blocks if block.label != "markers"]
    around = ["prefix", "suffix", "forced"] if family.format.frozen_anchor else ["prefix", "forced"]
    assert [label for label in labels if label in around] == around
    files = [label for label in labels if label.startswith(("context:", "path"))]
    assert files == ["context:lib/one.py", "context:lib/two.py", "path"]
    if not family.format.frozen_anchor:
        assert labels.index("suffix") < labels.index("prefix")


def test_a_prompt_without_project_is_no_more_than_a_hole(family: Family, header: llama.Model) -> None:
    bare = prompt_ids(family, header, PromptParts((), "", "a", "b"))
    text = tokenizer(family, header).text(tuple(bare))
    markers = [token for token, kind in zip(family.words.tokens, family.words.kinds, strict=True) if kind == 3]
    for marker in markers:
        text = text.replace(marker, "")
    assert text.replace("#\n", "").split() in (["ab"], ["b", "a"], ["ba"])


def test_texts_that_are_joined_are_shared_out_where_their_tokens_end(model_path: Path) -> None:
    with closing(llama.load_model(model_path, vocab_only=True)) as model:
        words = Tokenizer(model.vocabulary)
        for cut in range(len("def total(items):\n    return items\n")):
            whole = "def total(items):\n    return items\n"
            blocks = words.blocks((Joined((Text(whole[:cut], "prefix"), Text(whole[cut:], "forced"))),))
            ids = {block.label: block.ids for block in blocks}
            prefix = ids.get("prefix", ())
            assert prefix + ids.get("forced", ()) == words.tokens(whole)
            assert whole[:cut].startswith(words.text(prefix))
            assert len(words.text(prefix)) >= cut - 16
