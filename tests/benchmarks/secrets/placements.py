"""Secrets placed in code and settings files of many kinds, to measure what a scanner finds. None of them is real.

A placement is a form (how a language or a command writes a value), a name and a value drawn at random. Every form and
every name belongs to one of two halves. Developers may look at `development` while they work on a scanner. `held out`
shows only at the end whether the scanner generalizes to other names and forms.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks.secrets.forms import FORMS, KEYS, Form

HALVES = ("development", "held out")
_OPEN, _SHUT = "\ue000", "\ue001"  # around what must not remain, while a text is put together


@dataclass(frozen=True, slots=True)
class Placement:
    """A text with a secret in it, and where: [start:end] of every part."""

    kind: str
    form: str
    half: str
    path: str
    text: str
    spans: tuple[tuple[int, int], ...]


# --- names: words that are put together in the style of the place ---

_NAMES_OF_PASSWORDS = """
db pass|smtp pw|wifi password|target password|required password|thread password|password|passwd|user pass|root password
mysql pwd|ldap bind password|db passwd|admin pwd|smtp password|ftp pass|keystore password|loader password
budget password|postgres password|login pw|proxy passphrase|ssh passphrase|redis password|pg password|unread password
wifi psk|mail pass|vault password|password prod|old password|sudo pass|superuser password|reader pw|default password
""".replace("\n", "|")
_NAMES_OF_KEYS = """
widget secret|api key|client secret|secret key|access token|auth token|encryption key|signing secret|app secret
api token|gadget api key|private key|jwt secret|session secret|refresh token|stripe secret key|webhook secret|master key
service account key|bot token|hmac key|consumer secret|license key|finder secret|aws secret access key|budget api key
""".replace("\n", "|")


def _names(listed: str, half: str) -> list[str]:
    names = sorted({name.strip() for name in listed.split("|") if name.strip()})
    random.Random("names").shuffle(names)
    return names[HALVES.index(half) :: 2]


STYLES: dict[str, Callable[[list[str]], str]] = {
    "snake": "_".join,
    "upper": lambda words: "_".join(words).upper(),
    "kebab": "-".join,
    "camel": lambda words: words[0] + "".join(map(str.capitalize, words[1:])),
    "pascal": lambda words: "".join(map(str.capitalize, words)),
    "dotted": ".".join,
    "joined": "".join,
}


def names_of(half: str) -> list[str]:
    """Return the names of one half, of passwords and of keys."""
    return _names(_NAMES_OF_PASSWORDS, half) + _names(_NAMES_OF_KEYS, half)


# --- values ---

_LOWER, _DIGITS = string.ascii_lowercase, string.digits
_SIGNS = "!#%^&*+=?~"


def _drawn(alphabet: str, low: int, high: int) -> Callable[[random.Random], str]:
    return lambda rng: "".join(rng.choice(alphabet) for _ in range(rng.randint(low, high)))


def _password(rng: random.Random) -> str:
    """Return upper-case and lower-case letters and digits, at least one of each."""
    drawn = [rng.choice(_LOWER), rng.choice(_LOWER.upper()), rng.choice(_DIGITS)]
    drawn += [rng.choice(string.ascii_letters + _DIGITS) for _ in range(9)]
    rng.shuffle(drawn)
    return "".join(drawn)


def _around(inner: str) -> Callable[[random.Random], str]:
    def value(rng: random.Random) -> str:
        base = _password(rng)
        cut = rng.randint(3, 9)
        return base[:cut] + inner.replace("?", rng.choice(_LOWER)) + base[cut:]

    return value


VALUES: dict[str, Callable[[random.Random], str]] = {
    "12 characters": _password,
    "with signs": lambda rng: _password(rng)[:7] + rng.choice(_SIGNS) + _password(rng)[:5],
    "word and digits": lambda rng: (
        rng.choice(("hunter", "dragon", "Summer", "letmein", "monkey")) + str(rng.randint(10, 2024))
    ),
    "base36, 24": _drawn(_LOWER + _DIGITS, 24, 24),
    "hexadecimal, 32": _drawn("0123456789abcdef", 32, 32),
    "letters and digits, 32": _drawn(string.ascii_letters + _DIGITS, 28, 40),
    "lower case, 32": _drawn(_LOWER, 28, 36),
    "letters, 32": _drawn(string.ascii_letters, 28, 36),
    "base64, 44": lambda rng: base64.b64encode(rng.randbytes(32)).decode(),
    "in braces": _around("{3?}"),
    "with braces": _around("{?}"),
    "with a dollar": _around("$?"),
    "with %d": _around("%d"),
    "with ${": _around("${"),
}


def placements(half: str, seed: int = 7, each: int = 6) -> Iterator[Placement]:
    """Yield `each` placements of every form of this half, and the long ones; the same ones for the same seed."""
    order = list(range(len(FORMS)))
    random.Random("forms").shuffle(order)
    for number in sorted(order[HALVES.index(half) :: 2]):
        rng = random.Random(f"{seed} {half} {number}")
        for _ in range(each):
            yield _placed(FORMS[number], half, rng)
    rng = random.Random(f"{seed} {half} long")
    yield from _long(half, rng)


def _placed(form: Form, half: str, rng: random.Random) -> Placement:
    is_key = form.values is KEYS
    words = rng.choice(_names(_NAMES_OF_KEYS if is_key else _NAMES_OF_PASSWORDS, half)).split()
    name = STYLES[form.style](words)
    alphabet = rng.choice(form.values)

    def value() -> str:
        return form.escape(VALUES[alphabet](rng))

    drawn = value()
    cut = len(drawn) // 2
    plural = name + ("es" if name.lower().endswith("s") else "s")
    text = form.text.replace("«N»s", plural).replace("«N»", name)
    for mark, part in (("«V»", drawn), ("«W»", value()), ("«A»", drawn[:cut]), ("«B»", drawn[cut:])):
        text = text.replace(mark, _OPEN + part + _SHUT)
    if "«" in text:
        before, _, rest = text.partition("«")
        inner, _, after = rest.partition("»")
        text = before + _OPEN + inner.replace("V", drawn) + _SHUT + after
    return _marked(form.kind, f"{form.title}; {name}; {alphabet}", half, form.path, text)


def _long(half: str, rng: random.Random) -> Iterator[Placement]:
    """Yield multi-line keys, and literals that are longer than any password."""

    def body(lines: int, width: int = 64) -> str:
        alphabet = string.ascii_letters + _DIGITS + "+/"
        return "\n".join(_OPEN + "".join(rng.choice(alphabet) for _ in range(width)) + _SHUT for _ in range(lines))

    account = json.dumps({"type": "service_account", "private_key": rng.randbytes(rng.randint(2600, 3400)).hex()})
    encoded = base64.b64encode(account.encode()).decode()
    marked = _OPEN + encoded + _SHUT
    forms = (
        (
            "SSH2",
            f'---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "x"\n{body(9, 70)}\n'
            "---- END SSH2 ENCRYPTED PRIVATE KEY ----\n",
        ),
        (
            "PuTTY, two",
            "".join(
                f"PuTTY-User-Key-File-2: ssh-rsa\nPublic-Lines: 1\nAAAAB3\n"
                f"Private-Lines: 8\n{body(8)}\nPrivate-MAC: x\n\n"
                for _ in range(2)
            ),
        ),
        ("PEM", f"-----BEGIN EC PRIVATE KEY-----\n{body(5)}\n-----END EC PRIVATE KEY-----\n"),
        ("PEM, long", f"-----BEGIN RSA PRIVATE KEY-----\n{body(100)}\n-----END RSA PRIVATE KEY-----\n"),
        ("service account, quoted", f'GOOGLE_CREDENTIALS = "{marked}"\n'),
        ("service account, single quotes", f"const serviceAccountKey = '{marked}'\n"),
        ("service account, bare", f"GOOGLE_CREDENTIALS={marked}\n"),
        ("service account, YAML", f"google:\n  credentials: {marked}\n"),
        ("service account, by another name", f'FIREBASE_SERVICE_ACCOUNT_KEY: "{marked}"\n'),
        ("certificate in base64", f'key_store_password = "{marked}"\n'),
    )
    for number, (title, text) in enumerate(forms):
        if number % 2 == HALVES.index(half):
            yield _marked("long", title, half, "a.txt", text)


def _marked(kind: str, form: str, half: str, path: str, text: str) -> Placement:
    spans: list[tuple[int, int]] = []
    while _OPEN in text:
        start = text.index(_OPEN)
        end = text.index(_SHUT) - 1
        spans.append((start, end))
        text = text[:start] + text[start + 1 : end + 1] + text[end + 2 :]
    return Placement(kind, form, half, path, text, tuple(spans))
