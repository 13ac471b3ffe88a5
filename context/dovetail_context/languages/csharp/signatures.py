"""The shown text of C# definitions: headers of types, methods, properties and fields without bodies and noise."""

import re
from collections.abc import Iterator, Mapping

from dovetail_context.languages.csharp.types import type_text
from dovetail_context.languages.one_line import cut, one_line
from dovetail_context.syntax import Node, SyntaxTree

MAX_VALUE_CHARS = 60  # a constant's value is shown up to here: a literal or a short call

_ATTRIBUTE = re.compile(r"(?<=[(,])\s*\[\w[^\[\]]*\]\s*")  # of a parameter
# What a caller need not know: `public` goes without saying, the others concern the body.
_UNSAID = frozenset({"public", "async", "override", "partial", "unsafe", "extern", "new", "sealed", "virtual"})


def type_head(tree: SyntaxTree, node: Node) -> str:
    """A type declaration up to its body, without attributes."""
    body = node.child_by_field_name("body")
    return _head(tree, node, body.start_byte if body is not None else node.end_byte, keep=frozenset({"async"}))


def method_head(tree: SyntaxTree, node: Node) -> str:
    """A method, constructor, operator or delegate without its body."""
    body = next(
        (
            child
            for child in node.children
            if child.type in ("block", "arrow_expression_clause", "constructor_initializer")
        ),
        None,
    )
    end = body.start_byte if body is not None else node.end_byte
    return _head(tree, node, end).rstrip(":").rstrip()


def property_text(tree: SyntaxTree, node: Node) -> str:
    """A property or indexer with its accessors, in the form of an interface: `Money Price { get; }`."""
    accessors, value = node.child_by_field_name("accessors"), node.child_by_field_name("value")
    first = accessors or value
    head = _head(tree, node, first.start_byte if first is not None else node.end_byte)
    if accessors is None:
        return f"{head} {{ get; }}"
    shown = []
    for accessor in accessors.named_children:
        words = [child.type if not child.is_named else tree.text(child) for child in accessor.children]
        shown.append(" ".join(word for word in words if word in ("private", "protected", "internal", *_ACCESSORS)))
    return f"{head} {{ {' '.join(f'{one};' for one in shown if one)} }}"


_ACCESSORS = ("get", "set", "init", "add", "remove")


def field_text(tree: SyntaxTree, node: Node, type_: Node, declarator: Node) -> str:
    """One variable of a field declaration; constants with their value if it is short."""
    words = modifiers(tree, node)
    kept = [word for word in words if word not in _UNSAID and word != "readonly"]
    if node.type == "event_field_declaration":
        kept.append("event")
    name = declarator.child_by_field_name("name")
    text = f"{_clean(tree.text(type_))} {tree.text(name) if name is not None else ''}"
    value = declarator.named_child(1) if declarator.named_child_count > 1 else None
    constant = "const" in words or ("static" in words and "readonly" in words)
    if value is not None and constant and value.end_byte - value.start_byte <= MAX_VALUE_CHARS:
        text += " = " + _clean(tree.text(value))
    return cut(" ".join([*kept, text]))


def modifiers(tree: SyntaxTree, node: Node) -> tuple[str, ...]:
    """The modifier words of a declaration."""
    return tuple(tree.text(child) for child in node.named_children if child.type == "modifier")


def parameters(tree: SyntaxTree, node: Node | None, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names and types of a parameter list."""
    children = node.children if node is not None else []
    for position, child in enumerate(children):
        if child.type == "parameter":
            name, type_ = child.child_by_field_name("name"), child.child_by_field_name("type")
            if name is not None:
                yield tree.text(name), type_text(tree.text(type_), variables) if type_ is not None else ""
        elif child.type == "params" and position + 2 < len(children):
            yield tree.text(children[position + 2]), type_text(tree.text(children[position + 1]), variables)


def type_variables(tree: SyntaxTree, node: Node, outer: Mapping[str, str]) -> dict[str, str]:
    """The type parameters of a declaration with their bounds (`object` where they have none), `outer` ones put in."""
    listed = next((child for child in node.named_children if child.type == "type_parameter_list"), None)
    if listed is None:
        return {}
    found: dict[str, str] = {}
    for parameter in listed.named_children:
        name = parameter.child_by_field_name("name")
        if name is not None:
            found[tree.text(name)] = "object"
    for clause in node.named_children:
        if clause.type == "type_parameter_constraints_clause" and clause.named_child_count > 1:
            bounds = (child.child_by_field_name("type") for child in clause.named_children[1:])
            texts = [type_text(tree.text(bound), outer) for bound in bounds if bound is not None]
            name_of = tree.text(clause.named_children[0])
            plain = [text.partition("[")[0] if name_of in re.split(r"\W+", text) else text for text in texts]
            if plain:
                found[name_of] = " | ".join(plain)
    return found


def _head(tree: SyntaxTree, node: Node, end: int, keep: frozenset[str] = frozenset()) -> str:
    words = [word for word in modifiers(tree, node) if word not in _UNSAID or word in keep]
    start = next(
        (
            child.start_byte
            for child in node.children
            if child.type not in ("modifier", "attribute_list", "comment") and not child.is_extra
        ),
        node.start_byte,
    )
    return cut(" ".join([*words, _clean(tree.slice(start, end)).rstrip("; ")]))


def _clean(source: str) -> str:
    source = one_line(source)
    return _ATTRIBUTE.sub(lambda match: " " if match[0][0] == " " else "", source) if "[" in source else source
