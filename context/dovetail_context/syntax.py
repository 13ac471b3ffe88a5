"""Parse trees. The only module that imports tree_sitter, so that its API (which changes) is met in one place.

`languages/` interprets the trees of each language.
"""

import importlib
import time
from dataclasses import dataclass
from functools import cache
from importlib import resources

import tree_sitter
from tree_sitter import Node

from dovetail_context.plausible import can_be_code
from dovetail_context.work import look

__all__ = ["Grammar", "Match", "Node", "SyntaxTree", "load_grammar"]

Match = dict[str, list[Node]]
# The maximum processor time for reading one text. Code takes 1 us a byte, half-typed code a little more. Thousands of
# unclosed brackets, or text in another language, take 20 us and more, and some grammars quadratic time.
READ_S, READ_S_PER_BYTE = 0.25, 4e-6
# The library calls back every 100 operations. Only a callback lets other threads run meanwhile.
_CALLBACKS_BETWEEN_LOOKS = 8


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """A parsed text. Nodes count in bytes of `data` (UTF-8), everything else in this project in code points.

    `effort` is how many hundred operations the parser did for it, the same on every machine. Of a text that takes
    longer to parse than code does, nothing is read: `is_read` is false, and `data` is empty.
    """

    data: bytes
    ascii: bool
    root: Node
    tree: tree_sitter.Tree
    is_read: bool = True
    effort: int = 0

    @property
    def is_broken(self) -> bool:
        """Return whether the tree does not represent some parts of the text."""
        return self.root.has_error or not self.is_read

    def text(self, node: Node) -> str:
        """The source text of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def slice(self, start_byte: int, end_byte: int) -> str:
        """The source text between two byte offsets."""
        return self.data[start_byte:end_byte].decode("utf-8", "replace")


class Grammar:
    """A language's grammar and its queries. Shared by threads: parsers and query cursors are made for every call."""

    def __init__(self, language: tree_sitter.Language, package: str) -> None:
        self._language = language
        self._package = package
        self._queries: dict[tuple[str, ...], tree_sitter.Query] = {}

    def parse(self, text: str) -> SyntaxTree:
        """Parse `text`. Never fails on broken code: ERROR nodes hold the parts that do not parse.

        Raises Cancelled if the open work has been cancelled.
        """
        data = text.encode("utf-8", "replace")
        return self._parsed(data, len(data) == len(text)) if can_be_code(data) else self._unread()

    def edited(self, before: SyntaxTree, start_byte: int, end_byte: int, new: bytes) -> SyntaxTree:
        """The tree of `before`'s text with these bytes replaced; costs what has changed, not the whole text.

        Raises Cancelled as `parse` does.
        """
        if not before.is_read:
            return before
        data = before.data[:start_byte] + new + before.data[end_byte:]
        if len(new) > _SHORT_BYTES and not can_be_code(data):
            return self._unread()
        new_end = start_byte + len(new)
        copy = before.tree.copy()
        copy.edit(
            start_byte,
            end_byte,
            new_end,
            _point(before.data, start_byte),
            _point(before.data, end_byte),
            _point(data, new_end),
        )
        return self._parsed(data, before.ascii and new.isascii(), copy)

    def matches(self, node: Node, *queries: str, depth: int | None = None) -> list[tuple[int, Match]]:
        """Return the matches under `node` of query files beside the language's module: pattern index, nodes by capture.

        Pattern indexes continue from one file to the next. One pass finds the patterns of all files, and costs little
        more than a pass for one file. With `depth`, matches begin at most that many levels below `node`; deeper nodes
        are not visited.

        Raises Cancelled if the open work has been cancelled.
        """
        query = self._queries.get(queries) or self._compiled(queries)
        if node.end_byte - node.start_byte <= _MATCHED_AT_ONCE * _MATCHED_BYTES:
            return _cursor(query, depth).matches(node)
        return _matches_by_part(query, node, depth)

    def _parsed(self, data: bytes, is_ascii: bool, before: tree_sitter.Tree | None = None) -> SyntaxTree:
        allowance = _Allowance(len(data))
        parser = tree_sitter.Parser(self._language)

        def read(byte: int, _point: object) -> bytes:
            return data if byte == 0 else data[byte : byte + _CHUNK_BYTES]

        try:
            if before is None:
                tree = parser.parse(read, progress_callback=allowance.is_spent)
            else:
                tree = parser.parse(read, before, progress_callback=allowance.is_spent)
        except ValueError:
            if allowance.interrupted is not None:
                raise allowance.interrupted from None
            if not allowance.is_over:
                raise
            return self._unread(allowance.calls)
        return SyntaxTree(data, is_ascii, tree.root_node, tree, effort=allowance.calls)

    def _unread(self, effort: int = 0) -> SyntaxTree:
        tree = tree_sitter.Parser(self._language).parse(b"")
        return SyntaxTree(b"", True, tree.root_node, tree, is_read=False, effort=effort)

    def _compiled(self, queries: tuple[str, ...]) -> tree_sitter.Query:
        files = (resources.files(self._package).joinpath(query) for query in queries)
        source = "\n".join(file.read_text(encoding="utf-8") for file in files)
        query = self._queries[queries] = tree_sitter.Query(self._language, source)
        return query


# The library lets no other thread run while it matches, and works for some 3 ms on as many bytes full of definitions.
_MATCHED_BYTES = 1 << 14
# Parts of a text that is matched whole: a few are not worth the trouble.
_MATCHED_AT_ONCE = 4


def _cursor(query: tree_sitter.Query, depth: int | None) -> tree_sitter.QueryCursor:
    cursor = tree_sitter.QueryCursor(query)
    if depth is not None:
        cursor.set_max_start_depth(depth)
    return cursor


def _matches_by_part(query: tree_sitter.Query, node: Node, depth: int | None) -> list[tuple[int, Match]]:
    """Return all matches in `node`, one range of bytes after the other, so that other threads can run between them.

    A match that reaches over several ranges is found in each; it counts where its first capture starts. So a match
    comes before those inside it that start in a later range, also where the library would give it after them.
    """
    found: list[tuple[int, Match]] = []
    for start in range(node.start_byte, node.end_byte + 1, _MATCHED_BYTES):
        look()
        end = start + _MATCHED_BYTES
        cursor = _cursor(query, depth)
        cursor.set_byte_range(start, end)
        found += (match for match in cursor.matches(node) if start <= _first_byte(match[1]) < end)
    return found


def _first_byte(captures: Match) -> int:
    return min([nodes[0].start_byte for nodes in captures.values()], default=0)


# The parser gets the whole text at once. Where it asks for a part anyway, it gets a copy of some of it. So does a query
# for each node whose text it compares, which is a name.
_CHUNK_BYTES = 1 << 10
# What is typed or suggested: it makes no code of what was none, nor the other way round.
_SHORT_BYTES = 1000


class _Allowance:
    """The processor time that one text may take, asked about in callbacks."""

    __slots__ = ("_earliest", "_end", "calls", "interrupted", "is_over")

    def __init__(self, size: int) -> None:
        self.is_over = False
        self.interrupted: BaseException | None = None
        allowed = READ_S + READ_S_PER_BYTE * size
        # No more of the processor can be spent than time has passed; its own clock takes a call to the system.
        self._earliest = time.perf_counter() + allowed
        self._end = time.thread_time() + allowed
        self.calls = 0

    def is_spent(self, _byte: int, _has_error: bool) -> bool:
        """Whether the library is to stop: time is up, or something was raised that the library could not pass on."""
        self.calls += 1
        if self.calls % _CALLBACKS_BETWEEN_LOOKS:
            return False
        try:
            look()
            self.is_over = time.perf_counter() > self._earliest and time.thread_time() > self._end
        except BaseException as error:  # noqa: BLE001
            self.interrupted = error
        return self.is_over or self.interrupted is not None


def _point(data: bytes, byte: int) -> tuple[int, int]:
    """Row and column in bytes, as tree-sitter counts them."""
    return data.count(b"\n", 0, byte), byte - (data.rfind(b"\n", 0, byte) + 1)


@cache
def load_grammar(wheel: str, package: str, function: str = "language") -> Grammar:
    """The grammar in the module `wheel`, with the query files of the language package `package`."""
    return Grammar(tree_sitter.Language(getattr(importlib.import_module(wheel), function)()), package)
