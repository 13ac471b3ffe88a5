"""A text as it is kept: compressed in chunks that end with a line, so that some lines of a long text can be read
without the rest. Pure.

First the number of chunks, then the lines and the bytes of each (32 bits each), then the chunks.
"""

import zlib
from array import array
from functools import cached_property

CHUNK_CHARS = 16_000  # half of what the compression looks back
# The fastest level: half the size of the text at 100 MB/s; higher ones save a tenth more and take three times as long.
COMPRESSION = 1


class PackedText:
    """A text that `pack_text` packed; what is read of it is kept."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        count = array("I", bytes(self._data[:4]))[0]
        heads = array("I", bytes(self._data[4 : 4 + 8 * count]))
        self._first_lines, self._places = [1], [4 + 8 * count]
        for lines, size in zip(heads[::2], heads[1::2], strict=True):
            self._first_lines.append(self._first_lines[-1] + lines)
            self._places.append(self._places[-1] + size)
        self._chunks: dict[int, str] = {}  # lists of lines take twice the memory

    @cached_property
    def whole(self) -> str:
        """The text. Raises zlib.error if the bytes are not what was packed."""
        return "".join(map(self._chunk, range(len(self._places) - 1)))

    def lines(self, start: int, end: int) -> list[str]:
        """The lines from `start` to `end` (1-based, inclusive) without their ends, as far as there are such."""
        found: list[str] = []
        for number, first in enumerate(self._first_lines[:-1]):
            if first <= end and start < self._first_lines[number + 1]:
                if number not in self._chunks:
                    self._chunks[number] = self._chunk(number)
                lines = split_lines(self._chunks[number], end - first + 1)[: self._first_lines[number + 1] - first]
                found += lines[max(start - first, 0) : end - first + 1]
        return found

    def _chunk(self, number: int) -> str:
        data = self._data[self._places[number] : self._places[number + 1]]
        return zlib.decompress(data).decode("utf-8", "surrogatepass")


def pack_text(text: str) -> bytes:
    """A text as it is kept; halves of surrogate pairs stay as they are."""
    heads, chunks, start = array("I"), list[bytes](), 0
    while start >= 0:
        end = text.find("\n", start + CHUNK_CHARS)
        chunk = text[start:] if end < 0 else text[start : end + 1]
        packed = zlib.compress(chunk.encode("utf-8", "surrogatepass"), COMPRESSION)
        heads.extend((_line_ends(chunk) + (end < 0), len(packed)))  # what follows the last line end is a line, too
        chunks.append(packed)
        start = -1 if end < 0 else end + 1
    return b"".join((array("I", [len(chunks)]).tobytes(), heads.tobytes(), *chunks))


def split_lines(text: str, most: int = -1) -> list[str]:
    """The lines of a text without their ends (ends are \\n, \\r\\n and \\r, as in editors). What follows `most` of
    them is left in one piece."""
    return (text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text).split("\n", most)


def _line_ends(text: str) -> int:
    return text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0)
