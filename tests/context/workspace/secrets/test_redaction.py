"""What is known of a text serves its next state: the same is blanked out as if the whole were looked through again."""

from __future__ import annotations

import random

import pytest

from dovetail_context.workspace.secrets import redaction
from dovetail_context.workspace.secrets.find import redact
from dovetail_context.workspace.secrets.redaction import Redaction
from tests.benchmarks.secrets.placements import HALVES, placements
from tests.planted import planted

PLAIN = "def total(items: list[int]) -> int:\n    return sum(items)  # of all of them\n\n\n"


def _long_text(rng: random.Random) -> str:
    """Some 300,000 characters with every kind of secret in it."""
    parts = [PLAIN * rng.randint(20, 120) for _ in range(60)]
    for one in planted():
        parts.insert(rng.randrange(len(parts)), one.code + "\n")
    return "".join(parts)


def test_after_random_edits_the_same_is_blanked_out_as_in_a_text_that_is_new() -> None:
    rng = random.Random(5)
    text = _long_text(rng)
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
        known = [place for secret in rng.sample(secrets, 3) if (place := text.find(secret)) >= 0]
        start = rng.choice(known) + rng.randint(-30, 30) if known and rng.random() < 0.6 else 0
        start = max(0, start or rng.randrange(len(text)))
        end = min(len(text), start + rng.choice((0, 0, 1, 5, 80, 2000)))
        text = text[:start] + rng.choice(pieces) + text[end:]
        state = state.followed_by(text)
        assert state.text == text
        assert state.redacted == redact(text)


EVERY_FORM = [one.text for half in HALVES for one in placements(half, each=1)]
MANIFEST = "kind: Secret\nmetadata:\n  name: x\n\ndata:\n  a: c3VwZXJzZWNyZXQ=\n---\n"
SHORT_PIECES = ("x", "", " ", "\n", "\n\n", "\r\n", "\r", "\r\n\r\n", '"', "'", "\\", '"""', 'password = "', "---\n")
MARKERS = (
    "-----BEGIN PRIVATE KEY-----\n",
    "-----END PRIVATE KEY-----\n",
    "Private-Lines: 3\n",
    "kind: Secret",
    "mysql ",
)


@pytest.mark.long
def test_whatever_is_typed_where_the_same_is_blanked_out_as_in_the_whole() -> None:
    """Texts of every kind of secret, form and line end, changed in the middle of anything."""
    planted_texts = [one.code + "\n" for one in planted()]
    changes = differing = 0
    for seed in range(25):
        rng = random.Random(seed)
        fillers = (PLAIN, PLAIN.strip() + "\n", "\n", "\n\n\n", MANIFEST, "x = 1\n\n")
        kinds = (planted_texts, EVERY_FORM, fillers, fillers)
        text = "".join(rng.choice(rng.choice(kinds)) for _ in range(80))
        text = text.replace("\n", rng.choice(("\n", "\n", "\r\n", "\r")))
        state = Redaction.of(text)
        for _ in range(30):
            start = rng.randrange(len(text) + 1)
            end = min(len(text), start + rng.choice((0, 0, 1, 2, 5, 80, 2000)))
            piece = rng.choice(rng.choice((planted_texts, EVERY_FORM, SHORT_PIECES, SHORT_PIECES, MARKERS)))
            text = text[:start] + piece + text[end:]
            state = state.followed_by(text)
            changes += 1
            differing += state.redacted != redact(text) or state.text != text
    assert (changes, differing) == (750, 0)


def test_what_makes_a_secret_may_stand_far_from_it_in_a_large_text() -> None:
    key = "\n".join("A1b2C3d4" * 8 for _ in range(240))  # longer than any key, so its end is not seen from its start
    many = "".join(f"-----BEGIN PRIVATE KEY-----\n{key}\n" for _ in range(3))
    manifest = "kind: Secret\n" + "# more\n" * 12_000 + "data:\n  a: c3VwZXJzZWNyZXQ=\n---\n"
    for text, word in ((manifest, "kind: Secret"), (many, "PRIVATE"), ('k = "' + "x" * 40_000 + '"\n', '"x')):
        text = PLAIN * 1000 + text + PLAIN * 1000
        state = Redaction.of(text)
        place = text.index(word)
        for changed in (
            text[:place] + "x" + text[place + 1 :],
            text,
            text[:place] + 'password = "' + text[place:],
            text,
        ):
            state = state.followed_by(changed)
            assert state.redacted == redact(changed)


def test_what_a_change_costs_depends_on_the_blocks_that_it_touches(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = redaction.secrets_in_blocks
    monkeypatch.setattr(redaction, "secrets_in_blocks", lambda text: seen.append(len(text)) or real(text))
    text = PLAIN * 3000
    state = Redaction.of(text)
    place = text.index("return", len(text) // 2)
    state = state.followed_by(text[:place] + "x" + text[place:])
    assert seen[0] == len(text) and seen[1] < 10 * len(PLAIN)


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
