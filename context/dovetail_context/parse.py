"""What a parse tree says of a text that is being completed: how broken it is, what stands at a place, where a statement
ends. For those who show text in a file; what the text *means* is `meaning/`'s.
"""

from dataclasses import dataclass
from typing import Literal

from dovetail_context.languages.registry import code_of, language_for, named_by_language
from dovetail_context.syntax import Grammar, Node, SyntaxTree

PlaceKind = Literal["code", "comment", "string"]

# Larger texts are not parsed on a keystroke.
MOST_CHARACTERS = 1_000_000
# Texts that differ in more characters are parsed from the start.
_NEAR = 4000


@dataclass(frozen=True, slots=True, eq=False)
class ParsedText:
    """A text and its tree. All places are code points."""

    text: str
    grammar: Grammar
    tree: SyntaxTree

    def replaced(self, start: int, end: int, new: str) -> "ParsedText":
        """The same text with `new` in place of [start:end], parsed anew only as far as it must be."""
        text = self.text[:start] + new + self.text[end:]
        tree = self.grammar.edited(self.tree, self._byte(start), self._byte(end), new.encode("utf-8", "replace"))
        return ParsedText(text, self.grammar, tree)

    def errors(self) -> int:
        """How many nodes the grammar could not make sense of, or had to invent."""
        count, waiting = 0, [self.tree.root]
        while waiting:
            node = waiting.pop()
            if node.is_error or node.is_missing:
                count += 1
            if node.has_error:
                waiting += node.children
        return count

    def kind_at(self, offset: int) -> PlaceKind:
        """What a text inserted at `offset` would be part of. Code inside a template string is code."""
        byte = self._byte(offset)
        node = self.tree.root.descendant_for_byte_range(max(0, byte - 1), byte)
        while node is not None:
            kind = node.type
            if "comment" in kind and node.start_byte < byte and (byte < node.end_byte or _ends_with_line(node)):
                return "comment"
            if kind in _CODE_IN_STRINGS and node.start_byte < byte < node.end_byte:
                return "code"
            if ("string" in kind or kind in _CHARACTERS) and node.start_byte < byte < node.end_byte and node.is_named:
                return "string"
            node = node.parent
        return "code"

    def statement_end(self, offset: int) -> int | None:
        """Where the statement ends that begins at `offset`; None where none begins there or it is broken."""
        byte = self._byte(offset)
        node = self.tree.root.descendant_for_byte_range(byte, byte + 1)
        if node is None or node.start_byte != byte:
            return None
        while node.parent is not None and node.parent.start_byte == byte and node.parent.parent is not None:
            if node.parent.type in _SEQUENCES:
                break
            node = node.parent
        return None if node.has_error else self._offset(node.end_byte)

    def _byte(self, offset: int) -> int:
        return offset if self.tree.ascii else len(self.text[:offset].encode("utf-8", "replace"))

    def _offset(self, byte: int) -> int:
        return byte if self.tree.ascii else len(self.tree.data[:byte].decode("utf-8", "replace"))


def parse_text(path: str, text: str, language: str = "") -> ParsedText | None:
    """The tree of a text in the language with the id `language`, or that of its path if that is ""; None where it is
    not one of ours, or the text is too long to parse in passing."""
    found = language_for(path, language)
    if found is None or len(text) > MOST_CHARACTERS:
        return None
    return _parsed(found.grammar(named_by_language(path, language)), code_of(text, language))


_CODE_IN_STRINGS = frozenset(("interpolation", "template_substitution", "interpolated_expression"))
_CHARACTERS = frozenset(("char_literal", "character_literal", "rune_literal"))
# Nodes that hold one statement after another, and may begin where their first one does.
_BODIES = "block statement_block compound_statement declaration_list field_declaration_list class_body interface_body"
_WHOLES = "module program source_file translation_unit compilation_unit statement_list declaration_statement_list"
_SEQUENCES = frozenset(f"{_BODIES} {_WHOLES} enum_body switch_body".split())


# The texts parsed last, newest first. What is typed differs from one of them in a few characters. Replaced as a whole,
# so that no thread sees it half changed.
_RECENT = 8
_recent: tuple[ParsedText, ...] = ()


def _parsed(grammar: Grammar, text: str) -> ParsedText:
    global _recent
    found = next((_known(old, text) for old in _recent if old.grammar is grammar and _is_near(old.text, text)), None)
    if found is None:
        found = ParsedText(text, grammar, grammar.parse(text))
    if found not in _recent:
        _recent = (found, *_recent[: _RECENT - 1])
    return found


def _known(old: ParsedText, text: str) -> ParsedText:
    if old.text == text:
        return old
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


def _ends_with_line(node: Node) -> bool:
    """Whether text that follows a comment on its line is part of it."""
    return not (node.text or b"").rstrip().endswith(b"*/")
