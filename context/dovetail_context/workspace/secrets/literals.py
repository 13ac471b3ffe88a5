"""Reading a literal, in whatever way languages and settings files write one. Pure.

Quoted literals may have a prefix, hashes, three quotes or escaped quotes, and may go on after a plus or in the next
line. Callers judge the value of a literal (`Literal.text`) and blank out its positions in the source
(`Literal.spans`).
"""

import re
from dataclasses import dataclass

LONGEST = 20_000  # characters of a literal; a service account in base64 has some 3,000


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written: its text without quotes and escapes, where its parts are, and the end of the whole."""

    text: str
    spans: tuple[tuple[int, int], ...]
    end: int
    is_quoted: bool = True


_OPENING = re.compile(
    r"(?P<prefix>[A-Za-z@$]{0,3})(?P<hashes>#{0,4})"
    r"(?P<quote>\"{3,6}|'''|\\{1,3}[\"'`]|[\"'`]|&quot;|&\#3[49];|\[=*\[)"
)
_QUOTE_LIKE = re.compile(r"%?[qQ][qQ]?([({\[<|!])")  # of Perl and Ruby
_CLOSING = {"(": ")", "{": "}", "[": "]", "<": ">", "|": "|", "!": "!"}
_CPP_RAW = re.compile(r"(?:u8|[uUL])?R\"([^\s()\\\"]{0,16})\(")
_UP_TO = {
    quote: re.compile(rf"[^{quote}\\\r\n]*(?:\\(?:\r\n|[^\r]|\Z)[^{quote}\\\r\n]*)*{quote}") for quote in ("'", '"')
}
_JOIN = re.compile(r"(?:\s|\\\r?\n){0,60}(?:(?:\+\+?|\.\.?|&|\|\||<<|<>|~|\^)(?:\s|\\\r?\n){0,60})?")
_IS_KEY = re.compile(r"[ \t]*(?::(?!:)|=(?!=)|=>)")
_ESCAPE = re.compile(r"\\(?:u\{?([0-9A-Fa-f]{2,6})\}?|x([0-9A-Fa-f]{2})|([0-7]{3})|(.))", re.DOTALL)
_MAX_PARTS = 60


def read_quoted(text: str, place: int) -> Literal | None:
    """Return the quoted literal that begins at `place`, with all that is joined to it; None if there is none."""
    first = _one(text, place)
    if first is None:
        return None
    parts = [first]
    while len(parts) < _MAX_PARTS:
        join = _JOIN.match(text, parts[-1].end)
        following = _one(text, join.end()) if join is not None and join.end() > parts[-1].end else None
        if following is None or _IS_KEY.match(text, following.end):
            break
        parts.append(following)
    return Literal("".join(part.text for part in parts), tuple(s for part in parts for s in part.spans), parts[-1].end)


def _one(text: str, place: int) -> Literal | None:
    first = text[place : place + 1]
    if first in _UP_TO and text[place + 1 : place + 2] != first:  # the most common form by far
        closed = _UP_TO[first].match(text, place + 1, place + LONGEST)
        if closed is not None:
            end = closed.end() - 1
            return Literal(unescaped(text[place + 1 : end]), ((place + 1, end),), end + 1)
    opening = _OPENING.match(text, place)
    if opening is None:
        word = _QUOTE_LIKE.match(text, place)
        return _between(text, word.end(), _CLOSING[word[1]], one_line=True) if word is not None else None
    quote, start = opening["quote"], opening.end()
    is_raw = opening["prefix"].lower().endswith("r") or "@" in opening["prefix"]
    if quote == '"' and (cpp := _CPP_RAW.match(text, place)):
        return _between(text, cpp.end(), f'){cpp[1]}"')
    if opening["hashes"]:
        return _between(text, start, quote + opening["hashes"])
    if len(quote) == 1 and quote != "`":
        closed = None if is_raw else _UP_TO[quote].match(text, start, start + LONGEST)
        if closed is not None:
            end = closed.end() - 1
            return Literal(unescaped(text[start:end]), ((start, end),), end + 1)
        return _between(text, start, quote, one_line=True)
    if quote[0] == "[":
        return _between(text, start, quote.replace("[", "]"))
    return _between(text, start, quote, one_line=quote[0] in "\\&")


def _between(text: str, start: int, closing: str, one_line: bool = False) -> Literal | None:
    """Read up to `closing`, line by line: neither indentation nor line ends are a part of it."""
    end = text.find(closing, start, start + LONGEST)
    if end < 0:
        return None
    if one_line and ("\n" in text[start:end] or "\r" in text[start:end]):
        return None
    spans = tuple((start + each.start(), start + each.end()) for each in _LINES.finditer(text[start:end]))
    return Literal("".join(text[one:other] for one, other in spans), spans, end + len(closing))


_LINES = re.compile(r"[^\s](?:[^\r\n]*[^\s])?")


def unescaped(text: str) -> str:
    """Return the value of a literal with backslashes, close enough to judge it."""
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else "?"
    if escape[3]:
        return chr(int(escape[3], 8))
    return {"n": "\n", "r": "\r", "t": "\t", "\n": "", "\r\n": ""}.get(escape[4], escape[4])


# Between these signs, a value without quotes ends; `&` ends it only before the next parameter of an address.
_DELIMITED = re.compile(rf"(?:[^\s\"'`,;<>(){{}}\[\]&|\\]|&(?!\w+=)|\\(?![\"'nrt])){{4,{LONGEST}}}")
_WORD = re.compile(rf"[^\s\"'`]\S{{3,{LONGEST}}}")
_ENDS_LINE = re.compile(r"[ \t]*(?:(?<=[ \t])(?:\#|//|;)[^\r\n]*)?(?=[\r\n]|\Z)")


def read_delimited(text: str, place: int) -> Literal | None:
    """Return the value without quotes at `place`, up to a sign that separates values."""
    match = _DELIMITED.match(text, place)
    return match and Literal(match[0], (match.span(),), match.end(), is_quoted=False)


def read_to_line_end(text: str, place: int) -> Literal | None:
    """Return the value without quotes at `place` if it is all that is left in its line, whatever signs are in it."""
    match = _WORD.match(text, place)
    if match is None or not _ENDS_LINE.match(text, match.end()):
        return None
    end = match.end() - (match[0][-1] in ",;")
    return Literal(text[place:end], ((place, end),), match.end(), is_quoted=False)
