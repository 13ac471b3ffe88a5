"""Parse trees. The only module that imports tree_sitter, so that its API (which changes) is met in one place.

What a tree means for a language stands in `languages/`.
"""

import importlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import tree_sitter
from tree_sitter import Node

__all__ = ["Grammar", "Match", "Node", "SyntaxTree", "load_grammar"]

Match = dict[str, list[Node]]


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """A parsed text. Nodes count in bytes of `data` (UTF-8), everything else in this project in code points."""

    data: bytes
    ascii: bool
    root: Node
    tree: tree_sitter.Tree

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
        """Parse `text`. Never fails on broken code: what does not parse stands under ERROR nodes."""
        data = text.encode("utf-8", "replace")
        tree = tree_sitter.Parser(self._language).parse(data)
        return SyntaxTree(data, len(data) == len(text), tree.root_node, tree)

    def edited(self, before: SyntaxTree, start_byte: int, end_byte: int, new: bytes) -> SyntaxTree:
        """The tree of `before`'s text with these bytes replaced; costs what has changed, not the whole text."""
        data = before.data[:start_byte] + new + before.data[end_byte:]
        new_end = start_byte + len(new)
        tree = before.tree.copy()
        tree.edit(
            start_byte,
            end_byte,
            new_end,
            _point(before.data, start_byte),
            _point(before.data, end_byte),
            _point(data, new_end),
        )
        tree = tree_sitter.Parser(self._language).parse(data, tree)
        return SyntaxTree(data, before.ascii and new.isascii(), tree.root_node, tree)

    def matches(self, node: Node, *queries: str, depth: int | None = None) -> list[tuple[int, Match]]:
        """The matches under `node` of query files beside the language's module: pattern index, nodes by capture.

        The patterns of several files are counted on and found in one pass, which costs little more than that of one
        does. With `depth`, matches begin so far below `node` at most: what lies deeper is not even visited.
        """
        cursor = tree_sitter.QueryCursor(self._queries.get(queries) or self._compiled(queries))
        if depth is not None:
            cursor.set_max_start_depth(depth)
        return cursor.matches(node)

    def _compiled(self, queries: tuple[str, ...]) -> tree_sitter.Query:
        files = (resources.files(self._package).joinpath(query) for query in queries)
        source = "\n".join(file.read_text(encoding="utf-8") for file in files)
        query = self._queries[queries] = tree_sitter.Query(self._language, source)
        return query


def _point(data: bytes, byte: int) -> tuple[int, int]:
    """Row and column in bytes, as tree-sitter counts them."""
    return data.count(b"\n", 0, byte), byte - (data.rfind(b"\n", 0, byte) + 1)


@cache
def load_grammar(wheel: str, package: str, function: str = "language") -> Grammar:
    """The grammar in the module `wheel`, with the query files of the language package `package`."""
    return Grammar(tree_sitter.Language(getattr(importlib.import_module(wheel), function)()), package)
