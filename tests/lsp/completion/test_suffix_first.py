"""Typing with a suffix-first model: no text is forced, and a keystroke evaluates only the typed tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dovetail.completion.preparation.anchor import freeze, hole
from dovetail.completion.preparation.place import read_place
from dovetail_context.bundle import ContextBundle
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.prompt.parts import PromptParts
from tests.models.families import FAMILIES, Family

TAIL = "\n\n\nprint(1)\n"
HEAD = "import one\n\n\n" + "def f():\n    return one.ONE\n\n\n" * 6
LINE = "x = returns(total"
MAX_READ = 6
"""What was typed, what healing backs over, and a marker that follows the cursor's text."""

SUFFIX_FIRST = [family for family in FAMILIES if not family.format.frozen_anchor]


@pytest.fixture(params=SUFFIX_FIRST, ids=[family.name for family in SUFFIX_FIRST])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LlamaEngine]:
    family: Family = request.param
    options = EngineOptions(family.write(tmp_path), n_ctx=1024, threads=1, speculate=False)
    with closing(LlamaEngine(options)) as engine:
        yield engine


class Typist:
    """Type after `HEAD`, from the anchor at the line's start."""

    def __init__(self, engine: LlamaEngine) -> None:
        self.engine = engine
        self.anchor = freeze(read_place("a.py", HEAD + TAIL, len(HEAD)), "0", ContextBundle(0, 0, (), ()), 800)

    def at(self, typed: str, tail: str = TAIL) -> CompletionReply:
        place = read_place("a.py", HEAD + typed + tail, len(HEAD + typed))
        if self.anchor.forced(place) is None:
            self.anchor = freeze(place, "0", self.anchor.context, 800)
        prefix, forced = hole(self.anchor, place, self.engine.status.frozen_anchor)
        assert (prefix, forced) == (HEAD + typed, "")
        parts = PromptParts((), "a.py", prefix, self.anchor.suffix, forced)
        return self.engine.complete(CompletionJob(parts, "a.py", max_tokens=2, anchor="0"), Interrupt())


def read(reply: CompletionReply) -> int:
    return reply.prompt_tokens - reply.reused_tokens


def test_typing_along_a_line_reads_only_what_was_typed(engine: LlamaEngine) -> None:
    typist = Typist(engine)
    assert read(typist.at("")) > 50
    for end in range(1, len(LINE) + 1):
        assert 0 < read(typist.at(LINE[:end])) <= MAX_READ
    for end in reversed(range(1, len(LINE))):
        assert 0 < read(typist.at(LINE[:end])) <= MAX_READ  # and so does taking it back


def test_a_changed_suffix_is_read_again(engine: LlamaEngine) -> None:
    typist = Typist(engine)
    typist.at(LINE)
    assert read(typist.at(LINE, "\n\n\nprint(2, 3)\n")) > 50


def test_prefix_first_models_are_forced_to_begin_with_what_was_typed() -> None:
    anchor = freeze(read_place("a.py", HEAD + TAIL, len(HEAD)), "0", ContextBundle(0, 0, (), ()), 800)
    place = read_place("a.py", HEAD + LINE + TAIL, len(HEAD + LINE))
    assert hole(anchor, place, is_frozen=True) == (HEAD, LINE)
