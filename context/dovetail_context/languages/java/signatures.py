"""The shown text of Java definitions: headers of classes, methods and fields without bodies and noise."""

import re
from collections.abc import Iterator, Mapping

from dovetail_context.languages.java.types import type_text
from dovetail_context.languages.one_line import cut, one_line
from dovetail_context.syntax import Node, SyntaxTree

MAX_VALUE_CHARS = 60  # a constant's value is shown up to here: a literal or a short call

# Annotations inform tools, but seldom callers; `final` of a parameter concerns only its method.
_ANNOTATION = re.compile(r"@(?!interface\b)[\w.]+(?:\s*\((?:[^()\"]|\"(?:\\.|[^\"\\])*\"|\([^()]*\))*\))?\s*")
_FINAL = re.compile(r"\bfinal\s+")
_MODIFIERS = ("private", "protected", "static", "abstract", "default", "sealed", "non-sealed")
_CONSTANT = ("static", "final")


def class_head(tree: SyntaxTree, node: Node, body: Node) -> str:
    """A type declaration up to its body, without annotations."""
    start = next((child.start_byte for child in node.children if child.type != "modifiers"), node.start_byte)
    head = _clean(tree.slice(start, body.start_byte))
    kept = [word for word in modifiers(tree, node) if word != "strictfp"]
    return cut(" ".join([*kept, head]))


def method_head(tree: SyntaxTree, node: Node) -> str:
    """A method or constructor without its body; `public` goes without saying."""
    body = node.child_by_field_name("body")
    start = next(
        (child.start_byte for child in node.children if child.type not in ("modifiers", "block_comment")),
        node.start_byte,
    )
    head = _FINAL.sub("", _clean(tree.slice(start, body.start_byte if body is not None else node.end_byte)))
    kept = [word for word in modifiers(tree, node) if word in _MODIFIERS]
    return cut(" ".join([*kept, head.rstrip("; ")]))


def field_text(tree: SyntaxTree, node: Node, type_: Node, declarator: Node) -> str:
    """One variable of a field declaration; constants with their value if it is short."""
    words = modifiers(tree, node)
    kept = [word for word in words if word in ("private", "protected", *_CONSTANT)]
    name, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
    text = f"{_clean(tree.text(type_))} {tree.text(name) if name is not None else ''}"
    if value is not None and value.end_byte - value.start_byte <= MAX_VALUE_CHARS:
        constant = node.type == "constant_declaration" or all(word in words for word in _CONSTANT)
        if constant and not _is_body(value):
            text += " = " + _clean(tree.text(value))
    return cut(" ".join([*kept, text]))


def constant_text(tree: SyntaxTree, node: Node) -> str:
    """An enum constant with its arguments, if they are short."""
    name, arguments = node.child_by_field_name("name"), node.child_by_field_name("arguments")
    text = tree.text(name) if name is not None else ""
    if arguments is not None and arguments.end_byte - arguments.start_byte <= MAX_VALUE_CHARS:
        text += _clean(tree.text(arguments))
    return text


def modifiers(tree: SyntaxTree, node: Node) -> tuple[str, ...]:
    """The modifier words of a declaration, annotations left out."""
    first = node.child(0) if node.child_count else None
    if first is None or first.type != "modifiers":
        return ()
    return tuple(child.type for child in first.children if not child.is_named)


def parameters(tree: SyntaxTree, node: Node | None, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names and types of a parameter list."""
    for child in node.named_children if node is not None else ():
        if child.type == "formal_parameter":
            name, type_ = child.child_by_field_name("name"), child.child_by_field_name("type")
            if name is not None and type_ is not None:
                yield tree.text(name), type_text(tree.text(type_), variables)
        elif child.type == "spread_parameter":
            declarator = next((each for each in child.named_children if each.type == "variable_declarator"), None)
            type_ = next((each for each in child.named_children if each.type not in ("modifiers",)), None)
            name = declarator.child_by_field_name("name") if declarator is not None else None
            if name is not None and type_ is not None:
                yield tree.text(name), type_text(tree.text(type_) + "[]", variables)


def type_variables(tree: SyntaxTree, node: Node, outer: Mapping[str, str]) -> dict[str, str]:
    """The type parameters of a declaration with their bounds (`Object` where they have none), `outer` ones put in."""
    found: dict[str, str] = {}
    listed = node.child_by_field_name("type_parameters")
    for parameter in listed.named_children if listed is not None else ():
        if parameter.type == "type_parameter" and parameter.named_child_count:
            names = [child for child in parameter.named_children if child.type in ("type_identifier", "identifier")]
            bound = next((child for child in parameter.named_children if child.type == "type_bound"), None)
            text = type_text(tree.text(bound)[len("extends") :].strip(), outer) if bound is not None else "Object"
            if names:
                found[tree.text(names[0])] = text
    return {name: bound for name, bound in found.items() if name not in re.split(r"\W+", bound)} | {
        name: re.sub(r"\[.*\]", "", bound) for name, bound in found.items() if name in re.split(r"\W+", bound)
    }


def _is_body(value: Node) -> bool:
    return value.type in ("lambda_expression", "array_initializer") or (
        value.type == "object_creation_expression" and any(child.type == "class_body" for child in value.named_children)
    )


def _clean(source: str) -> str:
    return one_line(_ANNOTATION.sub("", source) if "@" in source else source)
