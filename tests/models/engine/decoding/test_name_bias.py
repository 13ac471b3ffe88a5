"""Guided decoding: which tokens are raised, over real vocabularies, and what comes of it."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from dovetail_models.engine.decoding.name_bias import BIAS, BIAS_WITHIN, NameBias, ends_of
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.engine.runtime.vocabulary import Vocabulary
from dovetail_models.prompt.parts import PromptParts
from tests.models.conftest import Real

NAMES = ("find", "find_all", "find_by_owner", "größe", "$id", "x", "_cache")


def ends(vocabulary: Vocabulary) -> npt.NDArray[np.int32]:
    return ends_of(vocabulary.size, vocabulary.ordinary())


def raised(name_bias: NameBias, vocabulary: Vocabulary) -> set[int]:
    biased = name_bias.apply(np.zeros(vocabulary.size, np.float32))
    assert set(np.unique(biased)) in ({0.0, BIAS}, {0.0, BIAS_WITHIN})
    return set(np.flatnonzero(biased).tolist())


@pytest.mark.parametrize("pending", [b"", b".", b".f", "grö".encode()[:3]])
def test_raised_are_all_tokens_that_spell_a_name(real: Real, pending: bytes) -> None:
    vocabulary, _, index = real
    name_bias = NameBias(index, pending, NAMES, ends(vocabulary))
    texts = [pending + name.encode() for name in NAMES]
    expected = set()
    for token in range(vocabulary.size):
        piece = vocabulary.piece(token)
        if not piece or vocabulary.ends_text(token):
            continue
        for text in texts:
            over = piece[len(text) :].decode("utf-8", "replace")
            if text.startswith(piece) or (piece.startswith(text) and not re.match(r"[\w$\ufffd]", over)):
                expected.add(token)
    assert raised(name_bias, vocabulary) == expected


def test_a_name_is_led_through_to_its_end_however_it_is_tokenized(real: Real) -> None:
    vocabulary, _, index = real
    dice = random.Random(1)
    for name in NAMES * 3:
        name_bias = NameBias(index, b"", NAMES, ends(vocabulary))
        written = b""
        while written != name.encode():
            fitting = [
                token
                for token in sorted(raised(name_bias, vocabulary))
                if (piece := vocabulary.piece(token)) and name.encode().startswith(written + piece)
            ]
            token = dice.choice(fitting)
            written += vocabulary.piece(token)
            name_bias.add(vocabulary.piece(token))
        # Complete: anything but more letters may come, or the end; where another name goes on, that may come, too.
        after = raised(name_bias, vocabulary)
        assert set(ends(vocabulary).tolist()) <= after
        begins = {vocabulary.piece(token)[:1] for token in after if not vocabulary.ends_text(token)}
        assert b"(" in begins and b"\n" in begins and b"q" not in begins
        assert (b"_" in begins) == (name == "find")
        name_bias.add(b"(")
        assert name_bias.is_over


def test_what_is_no_name_ends_the_bias(real: Real) -> None:
    vocabulary, _, index = real
    name_bias = NameBias(index, b"", NAMES, ends(vocabulary))
    name_bias.add(b"q")
    assert name_bias.is_over
    logits = np.zeros(vocabulary.size, np.float32)
    assert name_bias.apply(logits) is logits


@pytest.fixture(scope="module")
def engine(model_path: Path) -> LlamaEngine:
    return LlamaEngine(EngineOptions(model_path, threads=1))


@pytest.mark.parametrize("typed", ["    store.", "    store.re", "    store.remember_"])
def test_the_model_writes_a_name_that_there_is(engine: LlamaEngine, typed: str) -> None:
    names = ("remember_all", "remember_item", "quuxify", "sort_items")
    member = re.sub(r".*\.", "", typed)
    rests = tuple(name[len(member) :] for name in names if name.startswith(member))
    parts = PromptParts((), "shop.py", "def run(store, item):\n", "\n    return item\n", typed)

    def written(rests: tuple[str, ...]) -> str:
        job = CompletionJob(parts, "t", max_tokens=12, max_lines=1, names=rests)
        return re.sub(r"\W.*", "", member + engine.complete(job, Interrupt()).text, flags=re.DOTALL)

    assert written(rests) in names
    assert written(()) not in names
