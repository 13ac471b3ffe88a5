"""What llama-cpp-python's server has beside `/v1`: texts to tokens and back, and likely tokens without a limit."""

from __future__ import annotations

from typing import Any

from tests.models.remote.fake_server import BOS, IDS, MARKERS, VOCABULARY

PARTS = ("\udcc3", "\udc9f")
"""The two bytes of `ß`, each a token that is no text by itself."""

UNKNOWN = "-" * 8
"""A token whose text the server does not report, as it does with those of more than 32 bytes."""

TEXTS = [*VOCABULARY, "\u2060", *PARTS, UNKNOWN, *(f"filler{number}" for number in range(1000))]
_IDS = {text: token for token, text in enumerate(TEXTS)}
_BY_LENGTH = sorted(TEXTS, key=len, reverse=True)


def extras(path: str, body: Any) -> tuple[int, Any]:
    """Return the status and the answer of a request to `/extras`."""
    if path == "/extras/tokenize":
        return 200, {"tokens": [IDS[BOS], *tokens(body["input"])]}
    texts = (TEXTS[token] for token in body["tokens"])
    written = "".join(text for text in texts if text not in MARKERS and text != UNKNOWN)
    try:
        return 200, {"text": written.encode("utf-8", "surrogateescape").decode()}
    except UnicodeDecodeError as error:
        return 500, {"error": {"message": str(error)}}


def tokens(text: str) -> list[int]:
    """Return the tokens of a text in which markers are markers."""
    left = text.replace("ß", "".join(PARTS))
    found = []
    while left:
        piece = next(each for each in _BY_LENGTH if left.startswith(each))
        found.append(_IDS[piece])
        left = left[len(piece) :]
    return found


def likely(count: int) -> dict[str, float]:
    """Return the texts of `count` tokens with their log-probabilities; what is no text is left out of them."""
    return {text.encode("utf-8", "ignore").decode(): -9.0 for text in TEXTS[:count]}
