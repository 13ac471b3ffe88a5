"""When a completion's text is complete: lines, stop strings, loops, and code points that tokens split. Pure."""

import codecs
from typing import Literal

from dovetail_models.engine.decoding.repetition import MIN_REPEATS, line_loop, loop_at_end

TextStop = Literal["line", "stop"]


class CompletionText:
    """The text of a completion as it grows.

    `add` takes the bytes of one token. `safe` is the text that no later token can take back: it ends before a stop
    string that may just be beginning, before a carriage return whose newline may end the text, and never inside a code
    point. `end` is the text when no more tokens come.
    """

    def __init__(self, max_lines: int | None = None, stop: tuple[str, ...] = ()) -> None:
        self._max_lines = max_lines
        self._stops = tuple(string for string in stop if string)
        self._begin = tuple({string[0] for string in self._stops})
        self._longest = max(map(len, self._stops), default=0)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._newlines = 0
        self._stop: TextStop | None = None

    def add(self, piece: bytes) -> TextStop | None:
        """Append a token's bytes; return why the text is complete, None while it is not."""
        before = len(self._text)
        new = self._decoder.decode(piece)
        self._text += new
        at_string = self._find_stop_string(before)
        at_line = self._find_line_end(before)
        ends = [(at, why) for at, why in ((at_string, "stop"), (at_line, "line")) if at is not None]
        if not ends:
            self._newlines += new.count("\n")
            return None
        at, why = min(ends)
        self._text = self._text[:at]
        self._stop = "stop" if why == "stop" else "line"
        return self._stop

    @property
    def safe(self) -> str:
        if self._stop:
            return self._text
        held_back = 0
        tail = self._text[-self._longest :]
        if any(first in tail for first in self._begin):  # asked after every token, of some ten markers
            held_back = max(_begun(self._text, string) for string in self._stops)
        if self._max_lines is not None and self._text.endswith("\r"):
            held_back = max(held_back, 1)
        return self._text[: len(self._text) - held_back]

    @property
    def end(self) -> str:
        return self._text

    @property
    def goes_round(self) -> bool:
        """Return whether the text has begun to repeat itself and would continue to (degenerate repetition)."""
        lines = self._text.rsplit("\n", MIN_REPEATS + 1)[-MIN_REPEATS - 1 :]
        return loop_at_end(lines[-1]) is not None or line_loop(lines[:-1]) is not None

    def _find_stop_string(self, before: int) -> int | None:
        """Return where the first stop string begins that was not whole before the last token."""
        found = [self._text.find(string, max(0, before - len(string) + 1)) for string in self._stops]
        return min((at for at in found if at >= 0), default=None)

    def _find_line_end(self, before: int) -> int | None:
        """Return where the last allowed line ends: its newline, or the carriage return before it."""
        if self._max_lines is None:
            return None
        at, missing = before - 1, self._max_lines - self._newlines
        for _ in range(missing):
            at = self._text.find("\n", at + 1)
            if at < 0:
                return None
        return at - 1 if at > 0 and self._text[at - 1] == "\r" else at


def _begun(text: str, string: str) -> int:
    """Return the length of the longest end of `text` with which `string` begins."""
    for length in range(min(len(string) - 1, len(text)), 0, -1):
        if text.endswith(string[:length]):
            return length
    return 0
