"""Keys, passwords and tokens in a text: where they stand, and the same text with them blanked out. Pure.

What is found: keys in the format of a well-known service (`secret_formats.py`), private keys, passwords in addresses,
and literals without meaning that are given to a name such as `password` or `api_key`. A secret is blanked out with as
many `*` as it has characters, so that every offset, line and quote stays where it is and code still parses. Files that
are secret as a whole are known by their names, in `exclude.py`.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from dovetail_context.workspace.secret_formats import FORMATS, Format

BLANK = "*"


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret stands: [start:end] in code points, and of what kind it is. It does not hold the secret."""

    start: int
    end: int
    kind: str


def redact(text: str) -> str:
    """`text` with every secret in it blanked out; lengths and line ends stay. The same object if there is none."""
    found = sorted(_found(text), key=lambda secret: secret.start)
    if not found:
        return text
    parts: list[str] = []
    done = 0
    for secret in found:
        if secret.end > done:
            start = max(secret.start, done)
            parts.append(text[done:start])
            parts.append(_NOT_LINE_END.sub(BLANK, text[start : secret.end]))
            done = secret.end
    parts.append(text[done:])
    return "".join(parts)


def find_secrets(text: str) -> tuple[Secret, ...]:
    """Every secret in `text`, in order; what stands inside another one is not told."""
    kept: list[Secret] = []
    for secret in sorted(_found(text), key=lambda secret: (secret.start, -secret.end)):
        if not kept or secret.end > kept[-1].end:
            kept.append(secret)
    return tuple(kept)


_SHORTEST_KEY = 15  # characters of the shortest key in FORMATS, with what stands around it without space
_WORD_ENDS = bytes.maketrans(b"\"'`(),;<>{}[]|", b" " * 14)
_NAME_ENDS = bytes(byte if chr(byte).isalnum() or byte == ord("_") else ord(" ") for byte in range(128)).ljust(256)
_START = re.compile(r"\w{3}|\w+(?=\W)")


def _start(known: Format) -> bytes:
    """The first characters of the name in which a key's marker stands; empty where it may stand behind others."""
    found = _START.match(known.marker) if known.begins_name else None
    return found[0].encode() if found else b""


def _longest_word(marker: str) -> str:
    """A part of a marker that stands in one word, in lower case."""
    words = marker.encode().translate(_WORD_ENDS).split()
    return max(words, key=len).decode().lower()


_IN_WORDS = tuple((known, _start(known)) for known in FORMATS if known.is_word)
_BESIDE_WORDS = tuple((known, _longest_word(known.marker)) for known in FORMATS if not known.is_word)
_NOT_LINE_END = re.compile(r"[^\r\n]")

# Parts of names that only ever hold secrets, in lower case; and whole words that often do, which must be given what
# looks random, unless one of the last kind stands before them (`api_key`, `accessToken`).
_PASSWORDS = ("passw", "pwd", "passphrase", "identified by")
_SECRET_NAMES = (*_PASSWORDS, "secret", "credential", "bearer")
_MAYBE_NAMES = ("token", "key", "auth", "salt", "webhook", "dsn")
_MAKE_SECRET = ("api", "access", "private", "master", "encryption", "signing", "account", "auth", "refresh")
_LONGEST_BEFORE = max(map(len, _MAKE_SECRET)) + 1
# `load_secret("...")` and `secret = load("...")` name what they look for.
_LOOKS_UP = re.compile(r"(?:get|load|read|fetch|find|look|need|require)[A-Za-z_]*$", re.IGNORECASE)
_ENDS_WORD = re.compile(r"(?:s|orization|ORIZATION)?(?![a-z])")
# What is called so is about a secret, and is none: `secret_name`, `tokenUrl`, `password-field`.
_ABOUT = re.compile(
    r"(?:name|id|ids|url|uri|path|file|dir|field|header|type|kind|prefix|suffix|param|label|arn|hash|length|size|regex|"
    r"pattern|format|alias|title|text|message|error|hint|help|description|placeholder|env|var|ref|class|selector)s?$",
    re.IGNORECASE,
)
# From behind the word to where a quoted value begins: the rest of the name, a declared type, an operator or nothing but
# space, a bracket or the call of a function.
_QUOTED = re.compile(
    r"(?P<rest>[\w.\-]{0,40})"
    r"(?:[\"'`][ \t]{0,8},[ \t]{0,8}(?:\w{1,20}[ \t]{0,8}=[ \t]{0,8})?(?=[\"'`])|[\"'`]?[\])]{0,2}[ \t]{0,8}"
    r"(?::[ \t]*[\w&<>\[\].|*?, ']{1,40}?[ \t]*=(?!=)|:=|=>|={1,3}|!==?|[:(>]|\|\||\?\?|or(?=[ \t])"
    r"|(?<=[ \t])(?=[\"'`])|\s+value\s{0,8}[=:]))"
    r"\s{0,40}(?P<call>[\w.]{1,40}(?=\())?(?:\(\s{0,40})?[A-Za-z@$]{0,3}(?P<quote>[\"'`])"
)
# The same for a value without quotes, as in settings files: it stands in the same line.
_BARE = re.compile(r"(?P<rest>[\w.\-]{0,40})[\"']?(?:[ \t]{0,8}[:=][ \t]{0,8}|[ \t]+value[=:][ \t]{0,8}|>)")
# And for an option of a command or an image: `--password hunter2`, `ENV PASSWORD hunter2`.
_OPTION = re.compile(r"(?P<rest>[\w\-]{0,20})[ \t]+")
_BEFORE_OPTION = re.compile(r"(?:^|[\s\"'])(?:--|(?:ENV|ARG)[ \t]+)[\w\-]{0,40}$")
_BARE_VALUE = re.compile(r"(?:[^\s\"'`,;<>(){}\[\]&|]|&(?!\w+=)){6,400}+(?![(\[{])")
_QUOTED_VALUE = {quote: re.compile(rf"[^{quote}\r\n]{{6,4000}}(?={quote})") for quote in "\"'`"}
_IDENTIFIER = re.compile(r"[*&!]*[A-Za-z_$@][\w$]*[?!]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*[?!]*)*(?:=.*)?$")
_WORDS = re.compile(r"[A-Za-z]+(?:[-_. /:+]+[A-Za-z]+)*(?P<digits>\d{0,2})$")
_TEMPLATE = re.compile(r"\$\{|\{[^}]*\}|%\(|%[sd]|<[\w \-]+>|\.\.\.|[xX*]{6}|^\$\w+$|^\$\(|EXAMPLE_|^your[-_]|^data:")
_RANDOM_TEXT = re.compile(r"[\w+/=.~\-:@!#$%^&*]+$")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = re.compile(r"(?:\\[nrt])+|([A-Za-z0-9+/=]{4,})")
_LONG_KEY_BODY = re.compile(r"(?:\\[nrt])+|([A-Za-z0-9+/=]{24,})")
MOST_OF_A_KEY = 16_000  # characters; a key of 16,384 bits has some 13,000
_KEY_IN_ADDRESS = re.compile(r"://([\w\-.]{20,200})@")
_PASSWORD_IN_ADDRESS = re.compile(r"://[^\s:/@\"'`<>]{0,80}:([^\s@\"'`<>/]{1,200})@[\w\[{$%]")
_SAMPLE_PASSWORDS = frozenset({"password", "passwd", "pass", "pw", "pwd", "p", "***", "xxx"})  # of documentation

# A literal for a secret's name has at least so many characters; one for a name that may hold a secret so many.
_SHORTEST, _SHORTEST_RANDOM = 6, 16
_RANDOM_BITS = 3.0  # of entropy a character: 16 random hexadecimal digits have 3.2, in the mean
_MIXED_CHANGES = 0.4  # and such that no name written in any style has
_RANDOM_CHANGES = 0.25  # share of neighbours of another class; random letters and digits have 0.6, identifiers 0.15


def _found(text: str) -> Iterator[Secret]:
    words = _distinct_words(text)
    every = b" ".join(words).decode("ascii").lower()
    yield from _by_format(text, words, every)
    if "PRIVATE KEY" in text or "Private-Lines:" in text:
        yield from _private_keys(text)
    yield from _passwords_in_addresses(text)
    yield from _by_name(text, every)


def _distinct_words(text: str) -> set[bytes]:
    """The words of a text: most of it repeats them, so what stands in none of them is soon known."""
    return set(text.encode("ascii", "replace").translate(_WORD_ENDS).split())


def _by_format(text: str, words: set[bytes], every: str) -> Iterator[Secret]:
    """`every` holds all `words`, in lower case."""
    keys = b" ".join([word for word in words if len(word) >= _SHORTEST_KEY and not _is_plain(word)])
    starts = {part[:3] for part in keys.translate(_NAME_ENDS).split()} | {b""}
    long_words = keys.decode("ascii")
    possible = [known for known, start in _IN_WORDS if start in starts and known.marker in long_words]
    for known in (*possible, *(known for known, word in _BESIDE_WORDS if word in every and known.marker in text)):
        for match in known.pattern.finditer(text):
            start, end = match.span(known.pattern.groups)
            yield Secret(start - known.before, end, known.kind)


def _is_plain(word: bytes) -> bool:
    return word.islower() and word.translate(None, b"_.-/:=").isalpha()


def _private_keys(text: str) -> Iterator[Secret]:
    """Between the two lines of a private key, and where one of them is cut off, what looks like a part of one."""
    done = 0
    for begin in _BEGIN.finditer(text):
        end = _END.search(text, begin.end(), begin.end() + MOST_OF_A_KEY)
        stop = end.start() if end else begin.end() + MOST_OF_A_KEY
        yield from _runs(_KEY_BODY if end else _LONG_KEY_BODY, text, begin.end(), stop)
        done = end.end() if end else stop
    for end in _END.finditer(text):
        begun = text.rfind("-----BEGIN ", max(0, end.start() - MOST_OF_A_KEY), end.start())
        if begun < 0:
            yield from _runs(_LONG_KEY_BODY, text, max(0, end.start() - MOST_OF_A_KEY), end.start())
    putty = text.find("Private-Lines:", done)
    if putty >= 0:
        stop = text.find("Private-MAC:", putty, putty + MOST_OF_A_KEY)
        yield from _runs(_LONG_KEY_BODY, text, putty, stop if stop >= 0 else putty + MOST_OF_A_KEY)


def _runs(body: re.Pattern[str], text: str, start: int, end: int) -> Iterator[Secret]:
    for match in body.finditer(text, start, end):
        if match[1] is not None:
            yield Secret(*match.span(1), "private key")


def _passwords_in_addresses(text: str) -> Iterator[Secret]:
    for place in _places("://", text):
        match = _PASSWORD_IN_ADDRESS.match(text, place)
        if match is not None and not _TEMPLATE.search(match[1]) and match[1] not in _SAMPLE_PASSWORDS:
            yield Secret(*match.span(1), "password in an address")
        match = match or _KEY_IN_ADDRESS.match(text, place)
        if match is not None and match.re is _KEY_IN_ADDRESS and _is_random(match[1]):
            yield Secret(*match.span(1), "key in an address")


def _by_name(text: str, every: str) -> Iterator[Secret]:
    lowered = text.lower()
    if len(lowered) != len(text):  # a few capitals have longer small forms; names of secrets are plain letters
        lowered = "".join(each.lower() if each.isascii() else each for each in text)
    for word in (name for name in _SECRET_NAMES if name.partition(" ")[0] in every):
        for place in _places(word, lowered):
            yield from _given_to(text, place, place + len(word), is_secret=True)
    for word in (name for name in _MAYBE_NAMES if name in every):
        for place in _places(word, lowered):
            end = place + len(word)
            if _ENDS_WORD.match(text, end):
                before = lowered[max(0, place - _LONGEST_BEFORE) : place].rstrip("_-.")
                yield from _given_to(text, place, end, is_secret=before.endswith(_MAKE_SECRET))


def _places(word: str, text: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + len(word))


def _given_to(text: str, start: int, end: int, is_secret: bool) -> Iterator[Secret]:
    """The secret that the name around [start:end] is given, if it is given one."""
    match = _QUOTED.match(text, end)
    quote = match["quote"] if match else ""
    match = match or _BARE.match(text, end)
    if match is None:
        match = _OPTION.match(text, end) if _BEFORE_OPTION.search(text[max(0, start - 60) : start]) else None
    value = (_QUOTED_VALUE[quote] if quote else _BARE_VALUE).match(text, match.end()) if match else None
    if match is None or value is None:
        return
    literal = value[0]
    if len(literal) < _SHORTEST or _TEMPLATE.search(literal) or "://" in literal:
        return
    if _is_words(literal, is_password=text[start:end].lower() in _PASSWORDS):
        return
    if not quote and not _is_in_a_list_of_settings(text, match.end() - 1, value.end()) and _is_code(literal):
        return
    is_looked_up = bool((match.re is _QUOTED and match["call"]) or _LOOKS_UP.search(text[max(0, start - 40) : start]))
    must_be_random = not is_secret or is_looked_up or _ABOUT.search(match["rest"]) is not None
    if _is_random(literal) if must_be_random else _is_meaningless(literal):
        yield Secret(*value.span(), "secret given to a name")


def _is_words(literal: str, is_password: bool) -> bool:
    """Whether a literal is made of words. With a digit or two it may still be a password, else it is not: `sha1`."""
    match = _WORDS.match(literal)
    return match is not None and not (is_password and match["digits"]) and _changes(literal) < _MIXED_CHANGES


def _is_in_a_list_of_settings(text: str, operator: int, end: int) -> bool:
    """Whether it is a part of `Server=db;Password=...;` or `?user=me&password=...`: "=" without space, then a mark."""
    return text[operator : operator + 1] == "=" and text[end : end + 1] in (";", "&", '"', "'")


def _is_code(literal: str) -> bool:
    """Whether something without quotes is a name, not a value: names change class seldom, and have few digits."""
    is_long = (sum(each.isdigit() for each in literal) >= 2 and len(literal) >= 8) or len(literal) >= 20
    return bool(_IDENTIFIER.match(literal)) and not (is_long and _changes(literal) >= _MIXED_CHANGES)


def _is_meaningless(literal: str) -> bool:
    """Whether a literal for a secret's name is no word: letters and digits or signs, without space."""
    if any(each.isspace() for each in literal):
        return False
    letters = any(each.isalpha() for each in literal)
    digits = any(each.isdigit() for each in literal)
    signs = any(each in "!@#$%^&*+=?~" for each in literal)
    mixed = len(literal) >= 8 and _changes(literal) >= _MIXED_CHANGES
    return (letters and (digits or signs or mixed)) or (digits and len(literal) >= 8)


def _is_random(literal: str) -> bool:
    """Whether a literal looks drawn by chance: long, of many different characters, that change class often."""
    size = len(literal)
    if size < _SHORTEST_RANDOM or not _RANDOM_TEXT.match(literal) or _UUID.match(literal):
        return False
    if not any(each.isdigit() for each in literal):
        return False
    bits = -sum(count / size * math.log2(count / size) for count in Counter(literal).values())
    return bits >= _RANDOM_BITS and _changes(literal) >= _RANDOM_CHANGES


def _changes(literal: str) -> float:
    """The share of neighbours that are of two classes (small letters, capitals, digits), hyphens and dots left out."""
    classes = ["a" if each.islower() else "A" if each.isupper() else "0" for each in literal if each.isalnum()]
    changes = sum(left != right for left, right in pairwise(classes))
    return changes / max(len(classes) - 1, 1)
