"""Find keys, passwords and tokens in a text, and blank them out. Pure.

What is found: keys in the format of a well-known service (`formats.py`), private keys (`private_keys.py`),
passwords in addresses, and literals without meaning that are given to a name such as `password` or `api_key`
(`names.py`, `assignments.py`, `values.py`). One `*` replaces each character of a secret, so that
every offset, line and quote stays where it is and code still parses. `exclude.py` knows, by their names, the files
that are secret as a whole.

A text is searched in blocks, which end with an empty line. The secrets in a block depend on nothing outside it, except
for private keys. So after a change only the blocks that it touches are searched again (`redaction.py`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dovetail_context.workspace.secrets.assignments import (
    HINTS_AT_RANDOM,
    IS_GIVEN_NOTHING,
    Given,
    Where,
    given,
    is_setting,
)
from dovetail_context.workspace.secrets.formats import COMMANDS, FORMATS, Format, compiled
from dovetail_context.workspace.secrets.names import Level, level_of, mentioned
from dovetail_context.workspace.secrets.private_keys import kubernetes_secrets, private_keys
from dovetail_context.workspace.secrets.values import is_placeholder, is_secret, is_secret_in_code, may_be_bare

BLANK = "*"


@dataclass(frozen=True, slots=True)
class Secret:
    """The position of a secret, [start:end] in code points, and its kind. It does not hold the secret."""

    start: int
    end: int
    kind: str


def redact(text: str) -> str:
    """`text` with every secret in it blanked out; lengths and line ends stay. The same object if there is none."""
    return blanked(text, [*secrets_in_blocks(text), *secrets_across_blocks(text)])


def find_secrets(text: str) -> tuple[Secret, ...]:
    """Return every secret in `text`, in order, except those inside another one."""
    kept: list[Secret] = []
    found = [*secrets_in_blocks(text), *secrets_across_blocks(text)]
    for secret in sorted(found, key=lambda secret: (secret.start, -secret.end)):
        if not kept or secret.end > kept[-1].end:
            kept.append(secret)
    return tuple(kept)


def blanked(text: str, secrets: list[Secret]) -> str:
    """`text` with these parts blanked out, in any order; the same object if there are none."""
    if not secrets:
        return text
    parts: list[str] = []
    done = 0
    for secret in sorted(secrets, key=lambda secret: secret.start):
        if secret.end > done:
            start = max(secret.start, done)
            parts.append(text[done:start])
            parts.append(_NOT_LINE_END.sub(BLANK, text[start : secret.end]))
            done = secret.end
    parts.append(text[done:])
    return "".join(parts)


def block_start(text: str, place: int, lowest: int = 0) -> int:
    """The start of the block that `place` is in: the line behind the last empty line. A block begins at `lowest`."""
    end = place
    while end > lowest:
        start = text.rfind("\n\n", lowest, end) + 2
        other = text.rfind("\n\r\n", max(lowest, start - 2), end) + 3
        start = max(start if start > 1 else 0, other if other > 2 else 0)
        if not start:
            return lowest
        if text[start : start + 1] not in _ENDS_OF_LINES:
            return start
        end = start - 1
    return lowest


def block_end(text: str, place: int) -> int:
    """The end of the block that `place` is in: behind the next empty lines."""
    at, size = max(0, place - 2), len(text)
    while at < size:
        stop = at + _STEP  # so that a text with one kind of line end is not searched to its end for the other
        empty = text.find("\n\n", at, stop)
        other = text.find("\n\r\n", at, stop if empty < 0 else empty)
        if empty < 0 and other < 0:
            at = stop - 2
            continue
        end = empty + 2 if other < 0 else other + 3
        if end > place and text[end : end + 1] not in _ENDS_OF_LINES:
            return end
        at = (empty if other < 0 else other) + 1
    return size


_STEP = 4096
_ENDS_OF_LINES = ("\r", "\n", "")
_SHORTEST_KEY = 15  # characters of the shortest key in FORMATS, with adjacent characters up to a space
_WORD_ENDS = bytes.maketrans(b"\"'`(),;<>{}[]|", b" " * 14)
_NAME_ENDS = bytes(byte if chr(byte).isalnum() or byte == ord("_") else ord(" ") for byte in range(128)).ljust(256)
_LONG_WORD = re.compile(rb" ([^ ]{%d,})" % _SHORTEST_KEY)
# Hardly a key of FORMATS has no digit, but for those of capitals or of one service.
_HAS_DIGIT = re.compile(rb"[0-9]").search
_ENDS_OF_WORDS = frozenset("\"'`(),;<>{}[]| \t\n\r\x0b\x0c")
_START = re.compile(r"\w{3}|\w+(?=\W)")


def _start(known: Format) -> bytes:
    """Return the first characters of the name that holds a key's marker; empty if others may precede the marker."""
    found = _START.match(known.marker) if known.begins_name else None
    return found[0].encode() if found else b""


def _longest_word(marker: str) -> bytes:
    """Return the longest part of a marker that is one word, in lower case."""
    words = marker.encode().translate(_WORD_ENDS).split()
    return max(words, key=len).lower()


_BY_START: dict[bytes, list[Format]] = {b"": []}
for _known in FORMATS:
    if _known.is_word:
        _BY_START.setdefault(_start(_known), []).append(_known)
_BESIDE_WORDS = tuple((known, _longest_word(known.marker)) for known in FORMATS if not known.is_word)
_COMMAND_NAMES = frozenset(COMMANDS)
_NOT_LINE_END = re.compile(r"[^\r\n]")

_KEY_IN_ADDRESS = re.compile(r"://([\w\-.]{20,200})@")
_USER_IN_ADDRESS = re.compile(r"://[^\s:/@\"'`<>]{0,80}:")
_TO_HOST = re.compile(r"([^\s\"'`<>]{1,200}?)@(?=[\w\[{$%])")
_IS_HOST = re.compile(r"(?:[\w\-]+\.[\w.\-]+|localhost|[\w.\-]+:\d+|[{$%\[][^\s/]+)(?![\w@])")
_IS_PORT = re.compile(r"\d{1,5}(?:[/?#]|\Z)")
_HAS_LETTERS = re.compile(r"[A-Za-z]|\d{6}")
_SAMPLE_PASSWORDS = frozenset({"password", "passwd", "pass", "pw", "pwd", "p", "***", "xxx"})  # of documentation


def secrets_in_blocks(text: str) -> list[Secret]:
    """The secrets that are found in one block each."""
    words = _distinct_words(text)
    joined = b" %b" % b" ".join(words)
    lowered = joined.lower()
    found = list(_by_format(text, words, joined, lowered))
    found += _of_commands(text, words)
    found += _passwords_in_addresses(text)
    found += _by_name(text, joined, lowered.translate(_NAME_ENDS))
    return found


def secrets_across_blocks(text: str) -> list[Secret]:
    """Return the secrets whose identifying text may be far from them. Few texts have any."""
    found = []
    if "PRIVATE KEY" in text or "Private-Lines:" in text:
        found += [Secret(start, end, "private key") for start, end in private_keys(text)]
    if "Secret" in text and "kind" in text:
        found += [Secret(start, end, "Kubernetes secret") for start, end in kubernetes_secrets(text)]
    return found


def _distinct_words(text: str) -> set[bytes]:
    """Return the distinct words of a text. There are few of them, so a marker is quickly ruled out."""
    return set(text.encode("ascii", "replace").translate(_WORD_ENDS).split())


def _by_format(text: str, words: set[bytes], joined: bytes, lowered: bytes) -> Iterator[Secret]:
    """`joined` holds all `words`, each behind a space; `lowered` the same in lower case."""
    keys = b" ".join(
        [
            word
            for word in _LONG_WORD.findall(joined)
            if _HAS_DIGIT(word) or b"hf_" in word or (word.isupper() and word.isalpha())
        ]
    )
    starts = {part[:3] for part in keys.translate(_NAME_ENDS).split()}
    long_words = keys.decode("ascii")
    for begins in (b"", *starts.intersection(_BY_START)):
        for known in _BY_START[begins]:
            if known.marker in long_words:
                for match in compiled(known.pattern).finditer(text):
                    start, end = match.span(match.re.groups)
                    # What the search above leaves out must not be found because of what else is in the text.
                    word = _word_around(text, match.start() - known.before, match.end())
                    if len(word) >= _SHORTEST_KEY and (
                        _HAS_DIGIT(word) or b"hf_" in word or (word.isupper() and word.isalpha())
                    ):
                        yield Secret(start - known.before, end, known.kind)
    for known, word in _BESIDE_WORDS:
        if (not words.isdisjoint(known.words)) if known.words else word in lowered:
            yield from _beside(known, text)


def _word_around(text: str, start: int, end: int) -> bytes:
    while start and text[start - 1] not in _ENDS_OF_WORDS:
        start -= 1
    while end < len(text) and text[end] not in _ENDS_OF_WORDS:
        end += 1
    return text[start:end].encode("ascii", "replace")


def _beside(known: Format, text: str) -> Iterator[Secret]:
    for first, last in _blocks_with(known.marker, text):
        if known.words and _distinct_words(text[first:last]).isdisjoint(known.words):
            continue
        for match in compiled(known.pattern).finditer(text, first, last):
            if not known.is_password or is_secret(match[1], Level.PASSWORD):
                start, end = match.span(match.re.groups)
                yield Secret(start, end, known.kind)


def _of_commands(text: str, words: set[bytes]) -> Iterator[Secret]:
    for command in _COMMAND_NAMES.intersection(words):
        for first, last in _blocks_with(command.decode(), text):
            if command in _distinct_words(text[first:last]):
                for match in compiled(COMMANDS[command]).finditer(text, first, last):
                    if is_secret(match[1], Level.PASSWORD):
                        yield Secret(*match.span(1), "password of a command")


def _blocks_with(marker: str, text: str) -> Iterator[tuple[int, int]]:
    last = 0
    place = text.find(marker)
    while place >= 0:
        first, last = block_start(text, place, last), block_end(text, place)
        yield first, last
        place = text.find(marker, last)


def _passwords_in_addresses(text: str) -> Iterator[Secret]:
    for place in _places("://", text):
        user = _USER_IN_ADDRESS.match(text, place)
        span = _password(text, user.end()) if user is not None else None
        if span is not None:
            yield Secret(*span, "password in an address")
        elif (match := _KEY_IN_ADDRESS.match(text, place)) and is_secret(match[1], Level.MAYBE):
            yield Secret(*match.span(1), "key in an address")


def _password(text: str, start: int) -> tuple[int, int] | None:
    """Return the position of an address's password, which may contain any character, even unescaped ones."""
    end = start
    match = _TO_HOST.match(text, start)
    while match is not None:
        end = match.end(1)
        match = None if _IS_HOST.match(text, end + 1) else _TO_HOST.match(text, end + 1)
    password = text[start:end]
    if (
        not password
        or _IS_PORT.match(password)
        or not _HAS_LETTERS.search(password)
        or password in _SAMPLE_PASSWORDS
        or is_placeholder(password)
    ):
        return None
    return start, end


def _by_name(text: str, joined: bytes, names: bytes) -> Iterator[Secret]:
    """`joined` holds all words of the text; `names` the same in lower case, with spaces between names."""
    known = mentioned(joined, names)
    if len(known) <= _MANY_NAMES:
        hits = sorted([hit for name in known for hit in _mentions(name, text)])
    else:
        every = (match.span() for match in _NAME.finditer(text) if match[0] in known)
        hits = [(start, end) for start, end in every if _may_be_given(text, start, end, level_of(text[start:end]))]
    first = last = done = 0
    block = ""
    for start, end in hits:
        if start < done:
            continue
        if start >= last:
            first, last = block_start(text, start, last), block_end(text, start)
            block = text[first:last]
        for given_to_it in given(block, start - first, end - first):
            literal = given_to_it.literal
            if not literal.is_quoted and len(literal.text) > _LONG:
                done = first + literal.end  # names in a long value are no names: to read on from each takes long
            if _is_secret(block, start - first, end - first, given_to_it):
                for one, other in literal.spans:
                    yield Secret(first + one, first + other, "secret given to a name")


_LONG = 1000  # characters


def _places(word: str, text: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + len(word))


def _mentions(name: str, text: str) -> list[tuple[int, int]]:
    """Where a name is no part of a longer one, and may be given a value."""
    found = []
    size, total = len(name), len(text)
    level = level_of(name)
    place = text.find(name)
    while place >= 0:
        end = place + size
        is_whole = end == total or text[end] not in _IN_NAMES
        before = text[place - 1] if place else ""
        if is_whole and before not in _IN_NAMES and _may_be_given(text, place, end, level):
            found.append((place, end))
        place = text.find(name, end)
    return found


def _may_be_given(text: str, start: int, end: int, level: Level | None) -> bool:
    """Whether a quick look at what is behind the name at [start:end] lets it be given a secret."""
    if IS_GIVEN_NOTHING(text, end):
        return False
    line_end = text.find("\n", end) if level is Level.MAYBE and text[start - 1 : start] not in ("-", ".") else -1
    return line_end < 0 or HINTS_AT_RANDOM(text, end, line_end) is not None


_MANY_NAMES = 40  # a search for each would cost more than one for all
_NAME = re.compile(r"[A-Za-z0-9_]+")
_IN_NAMES = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_BEHIND = re.compile(r"(?:[.\-]?\w){0,40}")
_BESIDE_PASS = re.compile(r"user|login|host|auth|mail|smtp|ftp|db", re.IGNORECASE)


def _is_secret(text: str, start: int, end: int, value: Given) -> bool:
    """Whether a value that the name at [start:end] of a block is given is a secret."""
    literal = value.literal
    if not literal.is_quoted and not may_be_bare(literal.text):
        return False
    level = _level_at(text, start, end)
    if level is None:
        return False
    if value.is_looked_up:
        level = Level.MAYBE
    if not value.is_indirect and (literal.is_quoted or value.where is Where.SETTING):
        return is_secret(literal.text, level)
    if is_secret_in_code(literal.text, level):
        return True
    return value.where is Where.LINE and is_secret(literal.text, level) and is_setting(text, start, literal)


def _level_at(text: str, start: int, end: int) -> Level | None:
    """How sure the name at [start:end] is to be given a secret, with what is joined to it by dots and hyphens."""
    first, lowest = start, max(0, start - 60)
    while first > lowest and text[first - 1] in _JOINED:
        first -= 1
    behind = _BEHIND.match(text, end)
    level = level_of(text[first : behind.end() if behind else end])
    is_bare_pass = level is Level.SECRET and text[start:end].lower() in ("pass", "pw", "pwd")
    if is_bare_pass and _BESIDE_PASS.search(text, max(0, start - 120), end + 120):
        return Level.PASSWORD
    return level


_JOINED = _IN_NAMES | frozenset(".-[]'\"")
