"""The tokens of a llama.cpp server: its vocabulary, read once, and texts that it tokenizes.

With them prompts are cut and healed exactly as the local engine does it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from dovetail_models.engine.decoding.healing import Healing, PieceIndex, heal
from dovetail_models.prompt.formats.choose import FORMATS, candidates
from dovetail_models.prompt.segments import Role
from dovetail_models.remote.connection import BeforeSending, Connection
from dovetail_models.remote.family import Family
from dovetail_models.remote.faults import RemoteFault

BATCH = 16384
"""Tokens whose texts are asked for at once: some 400 KB of answer."""

CACHED_TEXTS = 128
"""The pieces of context, prefixes and suffixes of some documents."""


class ServerTokens:
    """Text to tokens and back, by the server's vocabulary. Everything is known after `load`."""

    def __init__(self, connection: Connection, family: Family) -> None:
        self._connection = connection
        self._family = family
        self._cache: OrderedDict[str, tuple[int, ...]] = OrderedDict()
        self._pieces: list[bytes] = []
        self._index: PieceIndex | None = None
        self.roles: dict[Role, int] = {}
        self.fitting: tuple[str, ...] = ()
        self.ends: frozenset[int] = frozenset()
        self.line_ends: frozenset[int] = frozenset()

    async def load(self) -> None:
        """Read the vocabulary. Raises RemoteFault, also where the model lacks a marker of the family."""
        special = await self._special()
        self.fitting = tuple(each.family for each in candidates(special.__contains__))
        roles = {role: special[text] for role, text in self._family.markers.items() if text in special}
        roles.pop(Role.BOS, None)
        for role, text in self._family.markers.items():
            if role is not Role.BOS and role not in roles:
                known = " or ".join(f'"{family}"' for family in self.fitting) or "its family"
                raise RemoteFault("protocol", f"the server's model has no {text}: set [remote] format to {known}")
        beginning = await self._ask("", True, True)  # The model decides whether its texts have one.
        if len(beginning) == 1:
            roles[Role.BOS] = beginning[0]
        others = [await self._ask(text, False, True) for text in self._family.others]
        self.roles = roles
        self.ends = frozenset([*roles.values(), *(ids[0] for ids in others if len(ids) == 1)])
        self._pieces = await self._vocabulary()
        self.line_ends = frozenset(token for token, piece in enumerate(self._pieces) if piece.endswith(b"\n"))
        self._index = await asyncio.to_thread(PieceIndex, self)
        await self._check_spaces()

    async def tokens(self, texts: Sequence[str], before_sending: BeforeSending | None) -> list[tuple[int, ...]]:
        """Return the tokens of each text, none of them a marker. Raises RemoteFault.

        One request asks for all texts that are not cached; `before_sending` is awaited before it.
        """
        found: dict[str, tuple[int, ...]] = {"": ()}
        found |= {text: self._cache[text] for text in texts if text in self._cache}
        unknown = [text for text in dict.fromkeys(texts) if text not in found]
        if unknown:
            separator = self.roles.get(Role.BOS, self.roles[Role.FIM_PREFIX])
            content: list[str | int] = []
            for text in unknown:
                content += [*self._family.broken_up(text), separator]
            ids = await self._ask(content, False, False, before_sending)
            for text in unknown:
                end = ids.index(separator) if separator in ids else len(ids)
                found[text] = tuple(ids[:end])
                ids = ids[end + 1 :]
        for text in filter(None, texts):
            self._cache[text] = found[text]
            self._cache.move_to_end(text)
        while len(self._cache) > CACHED_TEXTS:
            self._cache.popitem(last=False)
        return [found[text] for text in texts]

    def heal(self, ids: Sequence[int]) -> Healing:
        """Return where a typed text is taken up again, as `engine/decoding/healing.py` has it."""
        healing = heal(ids, self.piece, self._index) if self._index is not None else Healing(0, b"")
        # A grammar cannot ask for a part of a character.
        is_spelled = all(map(self.piece, ids[len(ids) - healing.backed :]))
        return healing if is_spelled else Healing(0, b"")

    def readable(self, ids: Sequence[int]) -> str:
        """Return the text of tokens, markers included, for people to read."""
        markers = {token: self._family.markers[role].encode() for role, token in self.roles.items()}
        return b"".join(markers.get(token) or self.piece(token) for token in ids).decode("utf-8", "replace")

    def bytes_of(self, token: int) -> int:
        """Return the number of UTF-8 bytes in a token's text."""
        return len(self.piece(token)) or 1  # a part of a character, whose bytes the server does not report

    @property
    def size(self) -> int:
        """The number of tokens."""
        return len(self._pieces)

    def piece(self, token: int, special: bool = False) -> bytes:
        """Return the bytes of a token, none for one that is no text by itself."""
        return self._pieces[token] if token < len(self._pieces) else b""

    def ends_text(self, token: int) -> bool:
        """Whether a generated text ends with this token."""
        return token in self.ends

    async def _check_spaces(self) -> None:
        """Raise RemoteFault if the server begins each text with a space that is not in it, as SentencePiece does."""
        if self.readable(await self._ask("x", False, False)) == " x":
            flag = "--override-kv tokenizer.ggml.add_space_prefix=bool:false"
            raise RemoteFault("protocol", f"the server puts a space before each text: start it with {flag}")

    async def _special(self) -> dict[str, int]:
        """The markers of all families that are special tokens here. In plain text a special token is several."""
        texts = sorted({marker for each in FORMATS for marker in each.markers.values()})
        found: dict[str, int] = {}
        for text in texts:
            ids = await self._ask(text, False, True)
            if len(ids) == 1:
                found[text] = ids[0]
        return found

    async def _vocabulary(self) -> list[bytes]:
        """Return the texts of all tokens; empty for tokens that are only part of a character."""
        models = await self._connection.get("/v1/models")
        marker, separator = self._family.markers[Role.FIM_PREFIX], self.roles[Role.FIM_PREFIX]
        another = self.roles[Role.FIM_SUFFIX]  # replaces the separator in a request, where it would split the texts
        texts: list[str] = []
        try:
            size = int(models["data"][0]["meta"]["n_vocab"])
            for start in range(0, size, BATCH):
                tokens = range(start, min(start + BATCH, size))
                ids = [each for token in tokens for each in (another if token == separator else token, separator)]
                answer = await self._connection.post("/detokenize", {"tokens": ids})
                texts += str(answer["content"]).split(marker)[:-1]
        except (KeyError, TypeError, ValueError, IndexError):
            texts, size = [], -1
        if len(texts) != size:
            raise RemoteFault("protocol", "the server's vocabulary cannot be read: update the server")
        is_text = (token not in self.ends and "\ufffd" not in text for token, text in enumerate(texts))
        return [text.encode() if plain else b"" for text, plain in zip(texts, is_text, strict=True)]

    async def _ask(
        self, content: Any, add_special: bool, parse_special: bool, before_sending: BeforeSending | None = None
    ) -> list[int]:
        body = {"content": content, "add_special": add_special, "parse_special": parse_special}
        answer = await self._connection.post("/tokenize", body, before_sending)
        try:
            return [int(token) for token in answer["tokens"]]
        except (KeyError, TypeError, ValueError):
            raise RemoteFault("protocol", "the server's /tokenize cannot be read: update the server") from None
