"""What is known of a text serves its next state: the same is blanked out as if the whole were looked through again."""

from __future__ import annotations

import random

from dovetail_context.workspace.redaction import Redaction
from dovetail_context.workspace.secrets import redact
from tests.planted import planted

PLAIN = "def total(items: list[int]) -> int:\n    return sum(items)  # of all of them\n\n\n"


def _long_text(chance: random.Random) -> str:
    """Some 300,000 characters with every kind of secret in it."""
    parts = [PLAIN * chance.randint(20, 120) for _ in range(60)]
    for one in planted():
        parts.insert(chance.randrange(len(parts)), one.code + "\n")
    return "".join(parts)


def test_after_random_edits_the_same_is_blanked_out_as_in_a_text_that_is_new() -> None:
    chance = random.Random(5)
    text = _long_text(chance)
    secrets = [secret for one in planted() for secret in one.secrets]
    pieces = [
        *(one.code for one in planted()),
        "x",
        "",
        "\n",
        'password = "',
        '"',
        "-----END PRIVATE KEY-----\n",
        PLAIN,
    ]
    state = Redaction.of(text)
    for _ in range(60):
        # Where something happens: anywhere, or in the middle of a secret.
        known = [place for secret in chance.sample(secrets, 3) if (place := text.find(secret)) >= 0]
        start = chance.choice(known) + chance.randint(-30, 30) if known and chance.random() < 0.6 else 0
        start = max(0, start or chance.randrange(len(text)))
        end = min(len(text), start + chance.choice((0, 0, 1, 5, 80, 2000)))
        text = text[:start] + chance.choice(pieces) + text[end:]
        state = state.followed_by(text)
        assert state.text == text
        assert state.redacted == redact(text)


def test_a_key_whose_last_line_is_taken_away_far_below_its_first() -> None:
    body = "\n".join("A1b2C3d4" * 8 for _ in range(180))
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    text = PLAIN * 2000 + key + PLAIN * 2000
    state = Redaction.of(text)
    for change in (text.replace("-----END PRIVATE KEY-----\n", ""), text, text.replace("-----BEGIN PRIVATE KEY", "# ")):
        state = state.followed_by(change)
        assert state.redacted == redact(change)


def test_an_equal_text_is_not_looked_at_again() -> None:
    state = Redaction.of(PLAIN)
    assert state.followed_by(PLAIN + "") is state
