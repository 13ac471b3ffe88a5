"""What a parse tree shows about a text that is being completed: how broken it is, what is at a position, and where a
statement ends. It serves callers that show text in a file; `meaning/` interprets the text.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from dovetail_context.languages.embedded import embedded, holds_code
from dovetail_context.languages.registry import code_of, language_for, named_by_language
from dovetail_context.strict_syntax import reject
from dovetail_context.syntax import Grammar, Node, SyntaxTree
from dovetail_context.vicinity import vicinity

PlaceKind = Literal["code", "comment", "string"]

# Texts that differ in more characters are parsed from the start.
_NEAR = 4000


# Nodes that are looked at for errors: those of some thousand lines.
_MAX_NODES = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class ParsedText:
    """A text, or the part of a large text from `start` on that is read for a cursor, and its tree.

    Where the tree could not be read in reasonable time, the text counts as plain code without errors. All places are
    code points of the whole text; those outside of the part count as its ends. `language` is the language's name.
    """

    text: str
    grammar: Grammar
    tree: SyntaxTree
    start: int = 0
    language: str = ""

    def replaced(self, start: int, end: int, new: str) -> "ParsedText":
        """The same text with `new` in place of [start:end], parsed again only as far as it must be."""
        start, end = self._within(start), self._within(end)
        text = self.text[:start] + new + self.text[end:]
        first, last = _byte(self.text, self.tree, start), _byte(self.text, self.tree, end)
        tree = self.grammar.edited(self.tree, first, last, new.encode("utf-8", "replace"))
        return ParsedText(text, self.grammar, tree, self.start, self.language)

    @property
    def effort(self) -> int:
        """What it took to parse the text, or the change that made it: see `SyntaxTree`."""
        return self.tree.effort

    def errors(self) -> int:
        """How many nodes the grammar could not make sense of, or had to insert, as far as one can look in passing."""
        count, visited, waiting = 0, 0, [self.tree.root]
        while waiting and visited < _MAX_NODES:
            node = waiting.pop()
            visited += 1
            if node.is_error or node.is_missing:
                count += 1
            if node.has_error and node.child_count <= _MAX_NODES:
                waiting += node.children
        return count

    def kind_at(self, offset: int) -> PlaceKind:
        """What a text inserted at `offset` would be part of. Code inside a template string is code."""
        byte = _byte(self.text, self.tree, self._within(offset))
        found: PlaceKind = "code"
        for node in _path_to(self.tree.root, max(0, byte - 1), byte):  # what is innermost decides
            kind = node.type
            if (
                ("comment" in kind or kind in _COMMENTS)
                and node.start_byte < byte
                and (byte < node.end_byte or _ends_with_line(node))
            ):
                found = "comment"
            elif node.start_byte < byte < node.end_byte:
                if kind in _CODE_IN_STRINGS:
                    found = "code"
                elif ("string" in kind or kind in _CHARACTERS) and node.is_named:
                    found = "string"
        return found

    def string_start(self, offset: int) -> int | None:
        """Where the string begins that `offset` is in; None where it is in none."""
        byte = _byte(self.text, self.tree, self._within(offset))
        start: int | None = None
        for node in _path_to(self.tree.root, max(0, byte - 1), byte):
            if node.start_byte < byte < node.end_byte:
                if node.type in _CODE_IN_STRINGS:
                    start = None
                elif "string" in node.type and node.is_named and start is None:
                    start = node.start_byte
        return None if start is None else self.start + self._characters(start)

    def _characters(self, byte: int) -> int:
        return byte if self.tree.ascii else len(self.tree.data[:byte].decode("utf-8", "replace"))

    def statement_end(self, offset: int) -> int | None:
        """Where the statement ends that begins at `offset`, or that comments and attributes there belong to; None where
        none begins there or it is broken."""
        if not self.tree.is_read:
            return None
        byte = _byte(self.text, self.tree, self._within(offset))
        path = _path_to(self.tree.root, byte, byte + 1)
        place = len(path) - 1
        if path[place].start_byte != byte:
            return None
        while place > 1 and path[place - 1].start_byte == byte and path[place - 1].type not in _SEQUENCES:
            place -= 1
        node = path[place]
        while _belongs_to_next(node) and (following := node.next_named_sibling) is not None:
            node = following
        body = node.next_named_sibling
        if body is not None and body.type == "function_body" and node.type.endswith("_signature"):
            node = body  # which Dart's grammar sets apart
        if node.has_error or _belongs_to_next(node):
            return None
        return self.start + self._characters(node.end_byte)

    def runs_on(self, start: int, end: int) -> bool:
        """Whether something that begins in [start:end] takes in what follows: `pub` the next item, `Thread.` the next
        line. An attribute, a comment or the label of a case is meant to; a string may be written in several parts."""
        start, end = self._within(start), self._within(end)
        own, following = self.text[start:end].strip(), self.text[end:].lstrip()
        if not own or not following or not self.tree.is_read:
            return False
        first = _byte(self.text, self.tree, self.text.index(own, start))
        last = _byte(self.text, self.tree, start + len(self.text[start:end].rstrip()) - 1)
        next_ = _byte(self.text, self.tree, len(self.text) - len(following))
        inside = [node for node in _path_to(self.tree.root, last, last + 1) if node.start_byte >= first]
        if any(_belongs_to_next(node) for node in inside):
            return False
        return any(node.end_byte > next_ and not _may_run_on(node, self.language) for node in inside)

    def rejected(self, start: int, end: int) -> frozenset[str]:
        """Return what of [start:end] the grammar accepts and the language's own parser rejects."""
        if not self.tree.is_read:
            return frozenset()
        first, last = (_byte(self.text, self.tree, self._within(offset)) for offset in (start, end))
        strays = reject.strays(self.language, self.tree.root)
        return reject.rejected(self.language, self.tree.root, first, last) | strays

    def missing_commas(self, start: int, end: int) -> list[int]:
        """Return the places of [start:end] where a line of a list ends without the comma that Go wants there, `end`
        included. Go ends a statement at such a line's end, whatever brackets are open; the grammar does not know."""
        if not self.tree.is_read:
            return []
        start, end = self._within(start), self._within(end)
        places = []
        for match in _LINE_END.finditer(self.text, max(0, start - 1)):
            if match.start() > end:
                break
            last = _byte(self.text, self.tree, match.start()) - 1
            newline = _byte(self.text, self.tree, match.end() - 1)
            path = _path_to(self.tree.root, last, last + 1)
            holder = next((node for node in reversed(path) if node.end_byte > newline), None)
            if holder is not None and holder.type in _COMMA_LISTS and "comment" not in path[-1].type:
                places.append(self.start + match.start())
        return [place for place in places if place > self.start + start]

    def _within(self, offset: int) -> int:
        return max(0, min(offset - self.start, len(self.text)))


def parse_text(path: str, text: str, offset: int = 0, language: str = "") -> ParsedText | None:
    """The tree of a text in the language with the id `language`, or that of its path if that is ""; of a large text the
    tree of what is around `offset`. Of a text that
    holds code of other languages, the tree of that around `offset`. None where the language has no grammar here.

    Raises Cancelled if the open work has been cancelled.
    """
    if holds_code(path, language):
        inner = embedded(path, language, text, offset)
        if inner is None:
            return None
        text, language = inner.text, inner.language
    found = language_for(path, language)
    grammar = found.grammar(named_by_language(path, language)) if found is not None else None
    if grammar is None:
        return None
    span = vicinity(text, offset)
    part = code_of(text[span.start : span.end], language)
    return replace(_parsed(grammar, part, span.start), language=found.name if found is not None else "")


# Where Go ends a statement: behind a name, a number, a string or what closes a bracket.
_LINE_END = re.compile(r"(?<=[\w\"'`)\]}])[ \t]*\n")
_COMMA_LISTS = frozenset(("argument_list", "literal_value", "parameter_list"))
_COMMENTS = frozenset(("marginalia", "haddock"))  # of SQL and Haskell
_CODE_IN_STRINGS = frozenset(("interpolation", "template_substitution", "interpolated_expression"))
_CHARACTERS = frozenset(("char_literal", "character_literal", "rune_literal"))
# Nodes that hold one statement after another, and may begin where their first one does.
_BODIES = "block statement_block compound_statement declaration_list field_declaration_list class_body interface_body"
_WHOLES = "module program source_file translation_unit compilation_unit statement_list declaration_statement_list"
_SEQUENCES = frozenset(f"{_BODIES} {_WHOLES} enum_body switch_body".split())


_ATTRIBUTES = frozenset(
    ("attribute_item", "inner_attribute_item", "attribute_list", "decorator", "annotation", "marker_annotation")
)


def _belongs_to_next(node: Node) -> bool:
    """Whether what is meant comes after a node: it is a comment, an attribute or a decorator."""
    return "comment" in node.type or node.type in _ATTRIBUTES


_LABELS = ("case", "label", "switch", "default")


def _may_run_on(node: Node, language: str) -> bool:
    """Whether it is no wonder that a node holds what follows: it is a sequence, or a label or string in parts does.

    In TypeScript and Java a name and a colon are more often the beginning of a property than a label.
    """
    if node.type == "labeled_statement" and language in ("typescript", "java"):
        return False
    return node.type in _SEQUENCES or node.type == "concatenated_string" or any(label in node.type for label in _LABELS)


# The texts parsed last, newest first. What is typed differs from one of them in a few characters. Replaced as a whole,
# so that no thread sees it half changed.
_RECENT = 8
_recent: tuple[ParsedText, ...] = ()


def _parsed(grammar: Grammar, text: str, start: int) -> ParsedText:
    global _recent
    same = (old for old in _recent if old.grammar is grammar and _is_near(old.text, text))
    found = next((_known(old, text) for old in same if old.tree.is_read or old.text == text), None)
    if found is None:
        found = ParsedText(text, grammar, grammar.parse(text))
    if found not in _recent:
        _recent = (found, *_recent[: _RECENT - 1])
    return found if found.start == start else replace(found, start=start)


def _known(old: ParsedText, text: str) -> ParsedText:
    if old.text == text:
        return old
    old = replace(old, start=0)
    start = _common_length(old.text, text)
    end = _common_length(old.text[start:][::-1], text[start:][::-1])
    return old.replaced(start, len(old.text) - end, text[start : len(text) - end])


def _is_near(one: str, other: str) -> bool:
    """Whether the tree of one saves work for the other: both begin alike, and about as much follows."""
    start = len(one) // 2
    return abs(len(one) - len(other)) < _NEAR and (
        one[:start] == other[:start] or one[-start:] == other[-start:] or _common_length(one, other) > _NEAR
    )


def _common_length(one: str, other: str) -> int:
    """Of the beginnings; by halving, as comparing is fast and loops are not."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _byte(text: str, tree: SyntaxTree, offset: int) -> int:
    return offset if tree.ascii else len(text[:offset].encode("utf-8", "replace"))


def _path_to(root: Node, start_byte: int, end_byte: int) -> list[Node]:
    """The nodes that hold these bytes, the root first. (A node's parent is found by a search from the root: asking each
    for its parent would take quadratic time.)"""
    innermost = root.descendant_for_byte_range(start_byte, end_byte)
    path = [root]
    while innermost is not None and path[-1] != innermost:
        inner = path[-1].child_with_descendant(innermost)
        if inner is None:
            break
        path.append(inner)
    return path


def _ends_with_line(node: Node) -> bool:
    """Whether text that follows a comment on its line is part of it."""
    return not (node.text or b"").rstrip().endswith(b"*/")
