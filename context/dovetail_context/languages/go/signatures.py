"""The shown text of Go definitions: signatures, documentation lines, parameters, embedded types."""

import re
from collections.abc import Iterator
from itertools import takewhile

from dovetail_context.languages import doc_comments
from dovetail_context.languages.go.expressions import type_text
from dovetail_context.syntax import Node, SyntaxTree

MAX_SIGNATURE_CHARS = 600  # the longest signatures that people write; what is longer is data
MAX_VALUE_CHARS = 100  # enough for a literal or a constructor call

_SPACE = re.compile(r"\s+")
_AFTER_OPENING = re.compile(r"([(\[]) ")
_BEFORE_CLOSING = re.compile(r",? ([)\]])")


def one_line(source: str) -> str:
    """Source text on one line, without the spaces and commas that only broke lines."""
    source = source.strip()
    if "\n" not in source and "  " not in source and "\t" not in source:
        return source
    return _BEFORE_CLOSING.sub(r"\1", _AFTER_OPENING.sub(r"\1", _SPACE.sub(" ", source)))


def head_text(tree: SyntaxTree, node: Node, body: Node | None) -> str:
    """A function up to its body."""
    text = one_line(tree.slice(node.start_byte, body.start_byte if body is not None else node.end_byte))
    return text if len(text) <= MAX_SIGNATURE_CHARS else text[:MAX_SIGNATURE_CHARS] + " ..."


def value_text(tree: SyntaxTree, node: Node) -> str:
    """A constant or variable on one line, its value cut where it becomes data."""
    text = one_line(tree.slice(node.start_byte, min(node.end_byte, node.start_byte + 4 * MAX_VALUE_CHARS)))
    if len(text) <= MAX_VALUE_CHARS:
        return text
    name, _, value = text.partition(" = ")
    literal = value.partition("{")[0].partition("(")[0]
    return f"{name} = {literal} ..." if len(name) + len(literal) <= MAX_VALUE_CHARS else text[:MAX_VALUE_CHARS] + " ..."


def doc_line(tree: SyntaxTree, node: Node) -> str:
    """Return the first line of the `//` comment right above a declaration, or above the group that contains it."""
    lines = doc_comments.lines_above(tree.data, node.start_byte)
    comment = list(takewhile(lambda line: line.lstrip().startswith(b"//"), lines))
    texts = [line.decode("utf-8", "replace") for line in reversed(comment)]
    return doc_comments.doc_line("\n".join(text for text in texts if not text.startswith("//go:"))) if texts else ""


def parameters(tree: SyntaxTree, node: Node) -> Iterator[tuple[str, str]]:
    """Names and types of a parameter list; unnamed parameters have the name ""."""
    for child in node.named_children:
        if child.type in ("parameter_declaration", "variadic_parameter_declaration"):
            yield from declared(tree, child)


def declared(tree: SyntaxTree, declaration: Node) -> Iterator[tuple[str, str]]:
    """The names of one parameter declaration with their type."""
    type_ = type_text(tree, declaration.child_by_field_name("type"))
    if declaration.type == "variadic_parameter_declaration":
        type_ = f"slice[{type_}]" if type_ else ""
    names = [tree.text(name) for name in declaration.children_by_field_name("name")]
    for name in names or [""]:
        yield name, type_


def receiver_type(tree: SyntaxTree, receiver: Node) -> str:
    """The name of the type that a method belongs to."""
    for _, type_ in parameters(tree, receiver):
        return type_.partition("[")[0].strip()
    return ""


def type_parameters(tree: SyntaxTree, spec: Node) -> Iterator[tuple[str, str]]:
    """The type parameters of a type with their constraints."""
    listed = spec.child_by_field_name("type_parameters")
    for declaration in listed.named_children if listed is not None else ():
        bound = type_text(tree, declaration.child_by_field_name("type"))
        for name in declaration.children_by_field_name("name"):
            yield tree.text(name), "" if bound in ("any", "comparable") else bound


def embedded(tree: SyntaxTree, type_: Node) -> Iterator[str]:
    """What a type takes members from: embedded fields and interfaces, or the type that it is made of."""
    if type_.type == "struct_type":
        for field in fields(type_):
            if not field.children_by_field_name("name"):
                yield type_text(tree, field.child_by_field_name("type"))
    elif type_.type == "interface_type":
        for element in type_.named_children:
            if element.type == "type_elem" and element.named_child_count == 1:
                yield type_text(tree, element)
    else:
        yield type_text(tree, type_)


def fields(struct: Node) -> Iterator[Node]:
    """The field declarations of a struct."""
    for listing in struct.named_children:
        if listing.type == "field_declaration_list":
            yield from (child for child in listing.named_children if child.type == "field_declaration")
