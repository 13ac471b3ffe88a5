"""The shown text of Rust definitions: signatures, documentation lines, parameters, bounds."""

import re
from collections.abc import Iterator

from dovetail_context.languages import doc_comments
from dovetail_context.languages.rust.expressions import type_text
from dovetail_context.syntax import Node, SyntaxTree

MAX_SIGNATURE_CHARS = 600  # the longest signatures that people write; what is longer is data
MAX_VALUE_CHARS = 100  # enough for a literal or a constructor call
MAX_DOC_BYTES = 6000  # how far up the beginning of a comment is looked for: it may hold whole examples

_SPACE = re.compile(r"\s+")
_AFTER_OPENING = re.compile(r"([(\[<]) ")
_BEFORE_CLOSING = re.compile(r",? ([)\]])")


def one_line(source: str) -> str:
    """Source text on one line, without the spaces and commas that only broke lines."""
    source = source.strip()
    if "\n" not in source and "  " not in source:
        return source
    return _BEFORE_CLOSING.sub(r"\1", _AFTER_OPENING.sub(r"\1", _SPACE.sub(" ", source)))


def head_text(tree: SyntaxTree, node: Node, end: Node | None) -> str:
    """A definition up to `end` (its body), or whole and without its semicolon."""
    text = one_line(tree.slice(node.start_byte, end.start_byte if end is not None else node.end_byte))
    text = text.rstrip(" ;,{")
    return text if len(text) <= MAX_SIGNATURE_CHARS else text[:MAX_SIGNATURE_CHARS] + " ..."


def value_text(tree: SyntaxTree, node: Node) -> str:
    """A constant on one line, its value cut where it becomes data."""
    text = one_line(tree.slice(node.start_byte, min(node.end_byte, node.start_byte + 4 * MAX_VALUE_CHARS))).rstrip(";")
    return text if len(text) <= MAX_VALUE_CHARS else text.partition(" = ")[0][:MAX_SIGNATURE_CHARS]


def doc_line(tree: SyntaxTree, node: Node) -> str:
    """The first line of the `///` comment above a definition and its attributes."""
    comment: list[bytes] = []
    for line in doc_comments.lines_above(tree.data, node.start_byte, MAX_DOC_BYTES):
        begins = line.lstrip()
        if begins.startswith(b"///"):
            comment.append(line)
        elif not begins.startswith(b"#["):
            break
    return doc_comments.doc_line(b"\n".join(reversed(comment)).decode("utf-8", "replace")) if comment else ""


def parameters(tree: SyntaxTree, node: Node, bounds: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Return the names and types of a parameter list without `self`; its bound replaces a type parameter."""
    for child in node.named_children:
        if child.type == "parameter":
            pattern, type_ = child.child_by_field_name("pattern"), type_text(tree, child.child_by_field_name("type"))
            if pattern is not None:
                name = tree.text(pattern).removeprefix("mut ")
                yield (name if name.isidentifier() else ""), bounds.get(type_, type_)


def payload(tree: SyntaxTree, body: Node | None) -> Iterator[tuple[str, str]]:
    """What a variant or a tuple struct holds: names ("" in a tuple) and types."""
    if body is None:
        return
    if body.type == "ordered_field_declaration_list":
        for node in body.children_by_field_name("type"):
            yield "", type_text(tree, node)
    for field in body.named_children if body.type == "field_declaration_list" else ():
        name = field.child_by_field_name("name") if field.type == "field_declaration" else None
        if name is not None:
            yield tree.text(name), type_text(tree, field.child_by_field_name("type"))


def type_parameters(tree: SyntaxTree, node: Node) -> Iterator[tuple[str, str]]:
    """The type parameters of a definition with their bounds."""
    bounds: dict[str, str] | None = None
    for child in node.named_children:
        if child.type == "type_parameters":
            for each in child.named_children:
                name = each.child_by_field_name("name") if each.type == "type_parameter" else None
                if name is not None:
                    bounds = bounds_of(tree, node) if bounds is None else bounds
                    yield tree.text(name), bounds.get(tree.text(name), "")


def bounds_of(tree: SyntaxTree, node: Node) -> dict[str, str]:
    """The bound of each type parameter of a function, from its list or its `where` clause."""
    found: dict[str, str] = {}
    for child in node.named_children:
        if child.type == "type_parameters":
            _add_bounds(tree, child, "type_parameter", "name", found)
        elif child.type == "where_clause":
            _add_bounds(tree, child, "where_predicate", "left", found)
    return found


def _add_bounds(tree: SyntaxTree, node: Node, kind: str, field: str, found: dict[str, str]) -> None:
    for each in node.named_children:
        if each.type == kind:
            name, bounds = each.child_by_field_name(field), each.child_by_field_name("bounds")
            bound = type_text(tree, bounds)
            if name is not None and bound:
                found[tree.text(name)] = bound


def trait_names(tree: SyntaxTree, bounds: Node | None) -> tuple[str, ...]:
    """The traits of a list of bounds, as types."""
    children = bounds.named_children if bounds is not None else []
    return tuple(text for text in (type_text(tree, child) for child in children if child.type != "lifetime") if text)
