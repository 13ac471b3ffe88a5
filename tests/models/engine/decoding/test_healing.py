"""Token healing over real vocabularies: which tokens may come next, and where a text is taken up again."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest

from dovetail_models.engine.decoding.healing import Healing, PieceIndex, heal
from tests.models.conftest import Real

ODD = "x = 'é🦕 naïve 日本語'\r\n\t\tif  a<=b:  # ======== \n        return [\"(([{}])),\"] ÷ õ\n"


@pytest.fixture(scope="module")
def code(repository: Path) -> list[str]:
    """Return texts to cut anywhere: this package's own sources, and characters that they lack."""
    sources = [path.read_text("utf-8") for path in sorted((repository / "models").rglob("dovetail_models/**/*.py"))]
    return [*sources, ODD * 20]


def cuts(code: list[str], seed: int, count: int) -> list[tuple[str, int]]:
    """Some lines of code, and a place to cut them."""
    dice = random.Random(seed)
    found = []
    while len(found) < count:
        text = dice.choice(code)
        start = text.rfind("\n", 0, dice.randrange(len(text))) + 1
        if lines := text[start : start + 300]:
            found.append((lines, dice.randrange(len(lines) + 1)))
    return found


def test_allowed_are_all_tokens_that_agree_with_the_bytes(real: Real, code: list[str]) -> None:
    vocabulary, _, index = real
    pieces = [vocabulary.piece(token) for token in range(vocabulary.size)]
    for text, cut in cuts(code, 1, 25):
        pending = text[:cut].encode()[-random.Random(cut).randrange(1, 12) :]
        if pending:
            expected = {
                token
                for token, piece in enumerate(pieces)
                if piece
                and not vocabulary.ends_text(token)
                and (piece.startswith(pending) or pending.startswith(piece))
            }
            found = index.allowed(pending).tolist()
            assert set(found) == expected and len(found) == len(expected)


def test_no_token_reaches_from_what_is_kept_over_the_end(real: Real, code: list[str]) -> None:
    vocabulary, tokenizer, index = real
    pieces = {vocabulary.piece(token) for token in range(vocabulary.size) if not vocabulary.ends_text(token)}
    beginnings = {piece[:length] for piece in pieces for length in range(1, len(piece))}
    for text, cut in cuts(code, 2, 300):
        ids = tokenizer.tokens(text[:cut])
        healing = heal(ids, vocabulary.piece, index)
        data = text[:cut].encode()
        kept = b"".join(map(vocabulary.piece, ids[: len(ids) - healing.backed]))
        assert kept + healing.pending == data
        reaching = [at for at in range(max(0, len(data) - index.longest), len(data)) if data[at:] in beginnings]
        first = min(reaching, default=len(data))
        assert len(kept) <= first, "a token could begin in what is kept and reach over the end"
        if healing.backed:
            boundary = len(kept) + len(vocabulary.piece(ids[len(ids) - healing.backed]))
            assert first < boundary, "more was backed over than need be"
        else:
            assert not reaching


def test_any_choice_of_allowed_tokens_spells_the_bytes(real: Real, code: list[str]) -> None:
    vocabulary, tokenizer, index = real
    dice = random.Random(3)
    for text, cut in cuts(code, 3, 200):
        pending = heal(tokenizer.tokens(text[:cut]), vocabulary.piece, index).pending
        wanted, spelt = pending, b""
        while pending:
            piece = vocabulary.piece(int(dice.choice(index.allowed(pending))))
            spelt += piece
            pending = pending[len(piece) :]
        assert spelt.startswith(wanted)


def test_healed_text_goes_on_in_the_tokens_of_the_whole(real: Real, code: list[str]) -> None:
    """The purpose of token healing: it backs over to a boundary that the whole text has, too."""
    vocabulary, tokenizer, index = real
    plain = healed = 0
    places = cuts(code, 4, 600)
    for text, cut in places:
        ends = {0, *accumulate(len(vocabulary.piece(token)) for token in tokenizer.tokens(text))}
        pending = heal(tokenizer.tokens(text[:cut]), vocabulary.piece, index).pending
        at = len(text[:cut].encode())
        plain += at in ends
        healed += at - len(pending) in ends
    assert healed >= 0.98 * len(places) > plain


def test_a_line_end_is_safe(real: Real) -> None:
    vocabulary, tokenizer, index = real
    assert heal(tokenizer.tokens("x = 1\n"), vocabulary.piece, index) == Healing(0, b"")
    assert heal((), vocabulary.piece, index) == Healing(0, b"")


def test_what_merges_into_words_is_backed_over(real: Real) -> None:
    vocabulary, tokenizer, index = real
    assert heal(tokenizer.tokens("    retur"), vocabulary.piece, index).pending == b" retur"
    for text in ("x = ", "\n    "):  # Four spaces before a word are three, and a word that begins with one.
        assert text.endswith(pending := heal(tokenizer.tokens(text), vocabulary.piece, index).pending.decode())
        assert pending.endswith(" ")


class Letters:
    """A vocabulary of the given pieces; the first ends a text."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = (b"<end>", *pieces)
        self.size = len(self._pieces)

    def piece(self, token: int, special: bool = False) -> bytes:
        return self._pieces[token]

    def ends_text(self, token: int) -> bool:
        return token == 0


A, B, AB, ABC = 1, 2, 3, 4


@pytest.fixture
def letters() -> Callable[..., Healing]:
    vocabulary = Letters(b"a", b"b", b"ab", b"abc")
    index = PieceIndex(vocabulary)
    return lambda *ids: heal(ids, vocabulary.piece, index)


def test_a_token_that_could_begin_inside_another_is_backed_over_in_whole(letters: Callable[..., Healing]) -> None:
    assert letters(A, AB) == Healing(1, b"ab")
    assert letters(B, A, B) == Healing(2, b"ab")
    assert letters(AB, B) == Healing(0, b"")


def test_a_vocabulary_that_cannot_spell_the_bytes_heals_nothing(letters: Callable[..., Healing]) -> None:
    vocabulary = Letters(b"a", b"ab", b"abc")
    index = PieceIndex(vocabulary)
    assert heal((2,), vocabulary.piece, index) == Healing(0, b""), "only an abc or an ab, and no way to an a and a b"
    assert heal((1,), vocabulary.piece, index) == Healing(1, b"a")


def test_the_end_token_is_never_allowed() -> None:
    index = PieceIndex(Letters(b"<end>x", b"<"))
    assert sorted(index.allowed(b"<").tolist()) == [1, 2]
