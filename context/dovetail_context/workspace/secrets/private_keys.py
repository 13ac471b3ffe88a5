"""Find private keys in a text: the content between their first and last lines. Pure.

A key may be longer than any other secret, so the search covers an entire text. A text without a key costs only a
search for a key's first words.
"""

import re
from collections.abc import Iterator

_BEGIN = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|---- BEGIN SSH2 [A-Z0-9 ]{0,40}PRIVATE KEY ----"
)
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|---- END SSH2 [A-Z0-9 ]{0,40}PRIVATE KEY ----")
_PUTTY = re.compile(r"Private-Lines:")
_PUTTY_ENDS = re.compile(r"Private-(?:MAC|Lines):")
_BODY = re.compile(r"(?:\\[nrt])+|([A-Za-z0-9+/=]{4,})")
_LONG_BODY = re.compile(r"(?:\\[nrt])+|([A-Za-z0-9+/=]{24,})")
_LONGEST = 16_000  # characters; a key of 16,384 bits has some 13,000
_KUBERNETES = re.compile(r"(?m)^[\"']?kind[\"']?: *[\"']?Secret\b")
_DOCUMENT_ENDS = re.compile(r"(?m)^(?:---|\.\.\.)")
_DATA = re.compile(r"(?m)^(?:data|stringData):[ \t]*\r?\n((?:[ \t]+[^\n]*\n?|\r?\n)+)")
_DATA_VALUE = re.compile(
    r"(?m)^[ \t]+[\w.\-\"']+:[ \t]*[\"']?([^\s\"'|>][^\r\n\"']{3,})|^[ \t]+([A-Za-z0-9+/=]{8,})[ \t]*\r?$"
)


def private_keys(text: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of private keys; where one end of a key is cut off, what looks like a part of one."""
    if "PRIVATE KEY" in text:
        for begin in _BEGIN.finditer(text):
            end = _END.search(text, begin.end(), begin.end() + _LONGEST)
            stop = end.start() if end else begin.end() + _LONGEST
            following = text.find("BEGIN ", begin.end(), stop)
            stop = following if following >= 0 else stop
            yield from _runs(_BODY if end else _LONG_BODY, text, begin.end(), stop)
        done = 0
        for end in _END.finditer(text):
            first = max(done, end.start() - _LONGEST)
            done = end.end()
            if max(text.rfind("-----BEGIN ", first, end.start()), text.rfind("---- BEGIN ", first, end.start())) < 0:
                yield from _runs(_LONG_BODY, text, first, end.start())
    if "Private-Lines:" in text:
        for putty in _PUTTY.finditer(text):
            last = _PUTTY_ENDS.search(text, putty.end(), putty.end() + _LONGEST)
            yield from _runs(_LONG_BODY, text, putty.end(), last.start() if last else putty.end() + _LONGEST)


def kubernetes_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Yield the values in the documents of kind Secret."""
    if "kind" in text and "Secret" in text and "ata:" in text:
        ends = [match.span() for match in _DOCUMENT_ENDS.finditer(text)]
        starts, stops = [0, *(end for _, end in ends)], [*(start for start, _ in ends), len(text)]
        for start, stop in zip(starts, stops, strict=True):
            if _KUBERNETES.search(text, start, stop):
                for data in _DATA.finditer(text, start, stop):
                    for match in _DATA_VALUE.finditer(text, *data.span(1)):
                        yield match.span(match.lastindex or 0)


def _runs(body: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in body.finditer(text, start, end):
        if match[1] is not None:
            yield match.span(1)
