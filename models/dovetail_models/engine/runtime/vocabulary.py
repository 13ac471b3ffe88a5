"""A model's tokens, by llama.cpp: text to ids, ids to bytes, and which of them are markers."""

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

from dovetail_models.engine.runtime.llama_api import LlamaError, api

_MARKER_ATTRIBUTES = (
    api.LLAMA_TOKEN_ATTR_UNKNOWN
    | api.LLAMA_TOKEN_ATTR_UNUSED
    | api.LLAMA_TOKEN_ATTR_CONTROL
    | api.LLAMA_TOKEN_ATTR_USER_DEFINED
)


class Vocabulary:
    """A model's tokens. Ids of special tokens are None where the vocabulary has none."""

    def __init__(self, pointer: Any) -> None:
        self._pointer = pointer
        self.size = int(api.llama_vocab_n_tokens(pointer))
        self.bos = _id(api.llama_vocab_bos(pointer)) if api.llama_vocab_get_add_bos(pointer) else None
        self.is_sentencepiece = api.llama_vocab_type(pointer) == api.LLAMA_VOCAB_TYPE_SPM
        self._piece_buffer = ctypes.create_string_buffer(1024)
        # Asked of every token several times at load, and of some all the time: large vocabularies take seconds else.
        # Lists as long as the vocabulary, once something is asked.
        self._pieces: list[bytes | None] = []
        self._ends: list[bool | None] = []
        self._ordinary: npt.NDArray[np.int32] | None = None

    def tokenize(self, text: bytes) -> list[int]:
        """Return the tokens of UTF-8 `text`, with no special token added or parsed (added tokens may match)."""
        return self._tokens(text, parse_special=False)

    def special(self, text: str) -> int | None:
        """Return the special token with just this text, which llama.cpp's own lists of markers need not know; None if
        the text is several tokens, or a token of ordinary text."""
        ids = self._tokens(text.encode(), parse_special=True)
        if len(ids) != 1 or not api.llama_vocab_get_attr(self._pointer, ids[0]) & _MARKER_ATTRIBUTES:
            return None
        return ids[0] if self.piece(ids[0], special=True) == text.encode() else None

    def piece(self, token: int, special: bool = False) -> bytes:
        """Return the bytes of a token; those of control tokens only with `special`."""
        self._check(token)
        if special:
            return self._read_piece(token, True)
        self._pieces = self._pieces or [None] * self.size
        known = self._pieces[token]
        if known is None:
            known = self._pieces[token] = self._read_piece(token, False)
        return known

    def is_marker(self, token: int) -> bool:
        """Return whether a token is no piece of ordinary text: a control token, one added by the model's maker, or
        unused.

        Single characters that were added to a vocabulary, such as DeepSeek-Coder's \u00f5, are ordinary text. So is
        white space. In a SentencePiece vocabulary, the maker's own symbols are also text (CodeGemma's indents and HTML
        tags), unless they look like markers.
        """
        self._check(token)
        attributes = api.llama_vocab_get_attr(self._pointer, token)
        if not attributes & _MARKER_ATTRIBUTES:
            return False
        text = self.piece(token, special=True).decode("utf-8", "replace")
        if attributes & api.LLAMA_TOKEN_ATTR_USER_DEFINED and self.is_sentencepiece:
            return text.startswith("<|") and text.endswith("|>")
        return len(text) > 1 and not text.isspace()

    def ends_text(self, token: int) -> bool:
        """Return whether a generated token ends the text: the end token, or any marker, which never belongs in a user's
        file."""
        self._check(token)
        self._ends = self._ends or [None] * self.size
        known = self._ends[token]
        if known is None:
            known = bool(api.llama_vocab_is_eog(self._pointer, token)) or self.is_marker(token)
            self._ends[token] = known
        return known

    def ordinary(self) -> npt.NDArray[np.int32]:
        """Return all tokens that do not end a text."""
        if self._ordinary is None:
            self._ordinary = np.array([token for token in range(self.size) if not self.ends_text(token)], np.int32)
        return self._ordinary

    def _read_piece(self, token: int, special: bool) -> bytes:
        count = api.llama_token_to_piece(self._pointer, token, self._piece_buffer, 1024, 0, special)
        if count < 0:
            buffer = ctypes.create_string_buffer(-count)
            count = api.llama_token_to_piece(self._pointer, token, buffer, -count, 0, special)
            return buffer.raw[:count]
        return ctypes.string_at(self._piece_buffer, count)

    def _tokens(self, text: bytes, parse_special: bool) -> list[int]:
        room = len(text) + 2
        ids = (api.llama_token * room)()
        count = api.llama_tokenize(self._pointer, text, len(text), ids, room, False, parse_special)
        if count < 0:
            raise LlamaError(f"tokenization of {len(text)} bytes failed ({count})")
        return [int(token) for token in ids[:count]]

    def _check(self, token: int) -> None:
        if not 0 <= token < self.size:
            raise LlamaError(f"token {token} is not in the vocabulary of {self.size}")


def _id(token: int) -> int | None:
    return None if token == api.LLAMA_TOKEN_NULL else int(token)
