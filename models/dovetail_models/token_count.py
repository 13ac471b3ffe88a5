"""Count the tokens of a text exactly, from the vocabulary in a GGUF file, without llama.cpp.

Byte-level byte pair encoding (Sennrich et al. 2016): a text is cut into pieces, and inside each piece the pairs of
lowest rank are merged. How many parts remain depends on the merges alone. The cuts are those of the pre-tokenizer named
`deepseek-coder` in llama.cpp (`llama-vocab.cpp`); other pre-tokenizers cut otherwise and are not counted here.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from dovetail_models.errors import ModelError
from dovetail_models.hardware.header import read_vocabulary

PRE_TOKENIZER = "deepseek-coder"
MAX_PIECES = 100_000  # the counts that are kept, some MB; the words of a project come again and again

_PUNCTUATION = r"!-#%-*,-/:;?@\[-\]_{}"
_SPACE = r"[^\S\r\n]?"
# A line end, letters or punctuation with the white space before them, a digit, and what is left between these.
_PIECE = re.compile(
    rf"[\r\n]|{_SPACE}[A-Za-z]+|{_SPACE}[{_PUNCTUATION}]+|[0-9]"
    rf"|(?:(?!{_SPACE}[A-Za-z{_PUNCTUATION}])[^0-9\r\n])+"
)
_WIDE = re.compile("[\u0800-\u9fa5\uac00-\ud7ff]+|[^\u0800-\u9fa5\uac00-\ud7ff]+")
_STAND_INS = {"L": "a", "P": "!", "N": "0", "Z": " "}  # by the first letter of the Unicode category


class TokenCounter:
    """Counts tokens as a model with these merges does. Threads may share one."""

    def __init__(self, merges: tuple[str, ...]) -> None:
        """`merges` are pairs of parts, each separated by a space, the first one of lowest rank."""
        self._ranks = {tuple(merge.split(" ", 1)): rank for rank, merge in enumerate(merges)}
        self._of_piece = lru_cache(maxsize=MAX_PIECES)(self._merged)

    def __call__(self, text: str) -> int:
        """Return the number of tokens of `text`, without a token for its beginning."""
        return sum(map(self._of_piece, _pieces(text)))

    def _merged(self, piece: str) -> int:
        parts = [_BYTES[byte] for byte in piece.encode("utf-8", "replace")]
        ranks, last = self._ranks, len(self._ranks)
        while len(parts) > 1:
            best, place = min((ranks.get(pair, last), place) for place, pair in enumerate(pairwise(parts)))
            if best == last:
                break
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
        return len(parts)


def read_token_counter(path: Path) -> TokenCounter | None:
    """Return what counts as the model in a GGUF file does; None if its vocabulary is of another kind.

    Raises ModelError where the file cannot be read.
    """
    pre_tokenizer, merges = read_vocabulary(path)
    if pre_tokenizer != PRE_TOKENIZER or not merges:
        return None
    if not all(" " in merge for merge in merges):
        raise ModelError(f"{path} is damaged (a merge of one part): download it again")
    return TokenCounter(merges)


def _pieces(text: str) -> Iterator[str]:
    if text.isascii():
        yield from _PIECE.findall(text)
        return
    shadow = "".join(letter if letter.isascii() else _stand_in(letter) for letter in text)
    for match in _PIECE.finditer(shadow):
        yield from _WIDE.findall(text[match.start() : match.end()])


@lru_cache(maxsize=4096)
def _stand_in(letter: str) -> str:
    """Return an ASCII character that is cut as `letter` is."""
    return _STAND_INS.get(unicodedata.category(letter)[0], "=")


def _byte_letters() -> tuple[str, ...]:
    """Return the letter that merges write for each byte: printable Latin-1 as it is, the others from U+0100 on.

    Source: `bytes_to_unicode` of GPT-2's encoder.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return tuple(chr(byte) if byte in printable else chr(next(others)) for byte in range(256))


_BYTES = _byte_letters()
