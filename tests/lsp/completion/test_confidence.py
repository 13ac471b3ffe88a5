"""Which part of a suggestion is shown, by the probabilities of its own tokens."""

from __future__ import annotations

import math

import pytest

from dovetail.completion.postprocessing.confidence import (
    LEAST_PROBABILITY,
    SHIPPED,
    Threshold,
    is_enough,
    most_promising,
    parts_of,
)
from dovetail.completion.values import Shaped
from dovetail_models.api import TokenLogprob
from tests.lsp.scripted import tokens_of


def shown(text: str, *probabilities: float, threshold: Threshold = SHIPPED) -> str:
    """Return what is shown of a text with a token for each word and sign, of these probabilities; the last goes on."""
    ends = [token.end for token in tokens_of(text, 0.0)]
    each = (*probabilities, *[probabilities[-1]] * len(ends))
    tokens = [TokenLogprob(end, math.log(probability)) for end, probability in zip(ends, each, strict=False)]
    best = most_promising(parts_of(text, tokens, Shaped), threshold)
    return best.shaped.text if best is not None and is_enough(best.gain(threshold), threshold) else ""


def test_a_sure_word_is_shown_before_an_unsure_rest() -> None:
    assert shown("first + second", 0.9, 0.2) == "first"
    assert shown("first + second", 0.9, 0.9) == "first + second"
    assert shown("first + second", 0.2, 0.99) == "", "what follows an unlikely word is right only with that"


def test_a_line_is_shown_before_an_unsure_block() -> None:
    line = "first = second(third)"
    assert shown(f"{line}\nreturn first", *[0.98] * 6, 0.2) == line
    assert shown(f"{line}\nreturn first", 0.98) == f"{line}\nreturn first"


def test_a_block_that_is_probably_wrong_is_not_shown_however_long() -> None:
    text = "word\n" * 200
    assert shown(text, LEAST_PROBABILITY - 0.01, 1.0) == ""
    assert shown(text, LEAST_PROBABILITY + 0.01, 1.0) == text


def test_parts_that_insert_the_same_are_one() -> None:
    parts = parts_of("one\n", tokens_of("one\n", -0.1), lambda text: Shaped(text.strip()))
    assert [(part.name, part.shaped.text, part.logprob) for part in parts] == [("all", "one", pytest.approx(-0.1))]


def test_where_nothing_of_all_is_fit_nothing_is_shown() -> None:
    assert parts_of("one two", tokens_of("one two", -0.1), lambda text: Shaped("" if " " in text else text)) == ()
    assert parts_of("  ", tokens_of("  ", -0.1), Shaped) == ()


def test_what_was_cut_away_does_not_count() -> None:
    (part,) = parts_of("a(b, c", tokens_of("a(b, c", -0.1), lambda text: Shaped("a(b"))
    assert part.logprob == pytest.approx(-0.3)


def test_without_probabilities_all_is_shown() -> None:
    (part,) = parts_of("one + two", (), Shaped)
    assert (part.name, part.gain(SHIPPED)) == ("all", None) and is_enough(None, SHIPPED, after_rejection=True)


def test_a_correction_moves_the_probabilities() -> None:
    assert SHIPPED.probability(math.log(0.7)) == pytest.approx(0.7)
    assert Threshold(slope=0.5).probability(math.log(0.9)) == pytest.approx(0.75)
    assert Threshold(shift=-math.log(2)).probability(math.log(0.5)) == pytest.approx(1 / 3)
    assert shown("first", 0.6) == "first" and shown("first", 0.6, threshold=Threshold(shift=-2.0)) == ""
