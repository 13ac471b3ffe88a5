"""PromptLookup: what followed the same tokens before, place by place, and how likely it is right."""

from __future__ import annotations

import random

import numpy as np
import pytest

from dovetail_models.engine.decoding import prompt_lookup
from dovetail_models.engine.decoding.acceptance_probability import (
    BLANK,
    DIGIT,
    KINDS,
    LINE_END,
    OTHER,
    PART,
    WORD,
    acceptance_probability,
    kind_of,
    sorts_of,
)
from dovetail_models.engine.decoding.prompt_lookup import MAX_DRAFT, NO_DRAFT, PromptLookup

NEWLINE = 0
SORTS = np.array([LINE_END, *[OTHER] * 99], np.int8)


@pytest.fixture(autouse=True)
def unlikely_drafts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short texts make every guess unlikely; continue drafting anyway."""
    monkeypatch.setattr(prompt_lookup, "MIN_LIKELIHOOD", 0.0)


def drafted(sources: list[list[int]], text: list[int], ends: frozenset[int] = frozenset()) -> tuple[int, ...]:
    return PromptLookup(sources, text, 0, ends, SORTS).propose().tokens


def guessed(sources: list[list[int]], text: list[int]) -> int | None:
    guess = PromptLookup(sources, text, 0, sorts=SORTS).guess()
    return guess.token if guess else None


def test_longer_matches_win_and_many_places() -> None:
    assert guessed([[1, 2, 3, 40], [9, 3, 50]], [7, 2, 3]) == 40
    assert guessed([[9, 3, 50], [1, 2, 3, 40], [9, 3, 50]], [7, 2, 3]) == 40
    assert guessed([[2, 3, 40], [2, 3, 50], [2, 3, 50]], [7, 2, 3]) == 50


def test_a_draft_goes_on_from_its_own_end() -> None:
    """No source holds the whole draft: one has what follows 1 and 2, another what follows 3 and 4."""
    sources = [[6, 1, 2, 3, 4]] * 5 + [[3, 4, 5, 8]] * 5
    assert drafted(sources, [6, 1])[:5] == (2, 3, 4, 5, 8)


def test_what_is_named_otherwise_once_is_so_again() -> None:
    """`self.x = x`, `self.y = `: y."""
    this, dot, equals, x, y = 10, 11, 12, 13, 14
    assert guessed([], [this, dot, x, equals, x, NEWLINE, this, dot, y, equals]) == y


def test_a_line_that_begins_alike_counts_more() -> None:
    lines = [20, 5, 30, NEWLINE, 21, 5, 31, NEWLINE]
    assert guessed([], [*lines, 20, 5]) == 30
    assert guessed([], [*lines, 21, 5]) == 31


def test_no_match_no_draft() -> None:
    assert PromptLookup([[1, 2]], [3], 0).propose() == NO_DRAFT
    assert PromptLookup([[1, 2]], [2], 0).propose() == NO_DRAFT, "nothing followed there"
    assert PromptLookup([], [], 0).propose() == NO_DRAFT
    assert PromptLookup([[1]], [], 0).propose() == NO_DRAFT


def test_what_is_added_is_text() -> None:
    drafts = PromptLookup([[1, 2, 3]], [5], 2)
    assert drafts.guess() is None
    for token in (1, 2):
        drafts.add(token)
        guess = drafts.guess()
        assert guess is not None and guess.token == token + 1
    drafts.add(77)  # Beyond the room that was asked for.
    guess = drafts.guess()
    assert guess is not None and (guess.token, guess.match) == (3, 2)


def test_what_was_drafted_is_not_text() -> None:
    drafts = PromptLookup([[1, 2, 3, 4, 5]] * 5, [6], 9)
    drafts.add(1)
    assert drafts.propose().tokens == drafts.propose().tokens == (2, 3, 4, 5)
    drafts.add(9)
    assert drafts.propose() == NO_DRAFT


def test_matches_do_not_reach_from_one_source_into_the_next() -> None:
    assert guessed([[8, 1], [2, 9]], [8, 1, 2]) == 9
    assert guessed([[3, 1]], [1]) is None


def test_a_draft_ends_before_a_token_that_ends() -> None:
    sources = [[1, 2, 3, 4, 5]] * 5
    assert drafted(sources, [1]) == (2, 3, 4, 5)
    assert drafted(sources, [1], frozenset({4})) == (2, 3)
    assert drafted(sources, [1], frozenset({2})) == ()


def test_a_copy_is_likelier_the_longer_it_is_and_the_more_places_agree() -> None:
    def probability(sources: list[list[int]], text: list[int]) -> float:
        guess = PromptLookup(sources, text, 0, sorts=SORTS).guess()
        assert guess is not None
        return guess.log_odds

    run = list(range(1, 30))
    assert probability([run], run[:3]) < probability([run], run[:6]) < probability([run], run[:20])
    assert probability([run], run[:2]) < probability([run] * 2, run[:2]) < probability([run] * 5, run[:2])
    assert probability([run, [1, 2, 50]], run[:2]) < probability([run], run[:2])


def test_random_texts_against_a_plain_search() -> None:
    """The places and their matches, whichever way the text has come there."""
    dice = random.Random(6)
    for number in range(300):
        drafts = number % 6 == 0  # a draft has many guesses, each as costly as one
        sources = [[dice.randrange(4) for _ in range(dice.randrange(30))] for _ in range(dice.randrange(3))]
        text = [dice.randrange(4) for _ in range(dice.randrange(1, 20))]
        whole, grown = PromptLookup(sources, text, 0), PromptLookup(sources, text[:1], len(text) - 1)
        for token in text[1:]:
            if drafts:
                grown.propose()
            grown.add(token)
        guess, same, matches = whole.guess(), grown.guess(), plainly(sources, text)
        assert (guess and (guess.token, guess.match)) == (same and (same.token, same.match))
        assert (guess.match if guess else 0) == max(matches, default=0)
        if drafts:
            assert whole.propose() == grown.propose()
            assert len(whole.propose().tokens) <= MAX_DRAFT


def plainly(sources: list[list[int]], text: list[int]) -> list[int]:
    """Return the number of equal tokens before each place that has any."""
    found = []
    for run in (*sources, text):
        for end in range(1, len(run)):
            match = 0
            while match < min(end, len(text)) and run[end - 1 - match] == text[-1 - match]:
                match += 1
            found.append(match)
    return [match for match in found if match]


@pytest.mark.parametrize(
    ("piece", "sort"),
    [
        (b"\n", LINE_END),
        (b"   ", BLANK),
        (b" name", WORD),
        (b"_x", PART),
        ("\u00e9t".encode(), PART),
        (b" 12", DIGIT),
        (b"().", OTHER),
        (b"\xff", OTHER),
        (b"", BLANK),
    ],
)
def test_sorts_of_tokens(piece: bytes, sort: int) -> None:
    assert sorts_of(1, lambda token: piece).tolist() == [sort]


def test_kinds_are_steps_of_probability() -> None:
    probabilities = [acceptance_probability(kind) for kind in range(KINDS)]
    assert probabilities == sorted(probabilities) and probabilities[0] < 0.15 and probabilities[-1] > 0.99
    assert kind_of(-99.0) == 0 and kind_of(99.0) == KINDS - 1
    assert abs(acceptance_probability(kind_of(1.0)) - 1 / (1 + np.exp(-1.0))) < 0.05
