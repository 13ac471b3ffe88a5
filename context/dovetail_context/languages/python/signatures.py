"""The shown text of Python definitions: signatures, first documentation lines, parameters, bases."""

import re
from collections.abc import Iterator

from dovetail_context.languages.python.expressions import access_path, type_text
from dovetail_context.syntax import Node, SyntaxTree

MAX_SIGNATURE_CHARS = 600  # the longest signatures that people write; what is longer is data
MAX_ASSIGNMENT_CHARS = 100  # enough for a literal or a constructor call
MAX_DOC_CHARS = 120

# Calls as default values that stand for what a framework gets from the function which they name.
_INJECTING = frozenset({"Depends()", "Security()", "Inject()", "Provide()"})

_AFTER_OPENING = re.compile(r"([(\[]) ")
_BEFORE_CLOSING = re.compile(r" ([)\]])")
_GENERIC = re.compile(r"(?:\w+\.)*(?:Generic|Protocol)\[")
_UNPACKED = re.compile(r"(?:\w+\.)?Unpack\[")
_NAME = re.compile(r"[A-Za-z_]\w*")
_TYPE_VARIABLE = re.compile(r"\b_?(?:[A-Z][A-Z0-9]?|[A-Z]\w*T|T[A-Z]?\w*)(?:_co|_contra)?\b")
_DOC = re.compile(r"""[rRuUbB]*(\"{3}|'{3}|"|')(.*)\1\Z""", re.DOTALL)


def one_line(source: str) -> str:
    """Source text on one line, without the spaces that only broke lines."""
    if "\n" not in source:
        return source.strip()
    return _BEFORE_CLOSING.sub(r"\1", _AFTER_OPENING.sub(r"\1", " ".join(source.split())))


def head_text(tree: SyntaxTree, node: Node) -> str:
    """A class or function up to its colon; what broken code left between that and the body is not part of it."""
    last = [
        node.child_by_field_name(field)
        for field in ("return_type", "parameters", "superclasses", "type_parameters", "name")
    ]
    end = max((child.end_byte for child in last if child is not None), default=node.end_byte)
    text = one_line(tree.slice(node.start_byte, end))
    return text if len(text) <= MAX_SIGNATURE_CHARS else text[:MAX_SIGNATURE_CHARS] + " ..."


def assignment_text(tree: SyntaxTree, node: Node) -> str:
    """An assignment on one line, its value cut where it becomes data."""
    text = tree.slice(node.start_byte, min(node.end_byte, node.start_byte + 4 * MAX_ASSIGNMENT_CHARS))
    text = one_line(text)
    if len(text) <= MAX_ASSIGNMENT_CHARS:
        return text
    target, equals, _ = text.partition(" = ")
    return f"{target} = ..." if equals and len(target) <= MAX_ASSIGNMENT_CHARS else text[:MAX_ASSIGNMENT_CHARS] + " ..."


def doc_line(tree: SyntaxTree, body: Node) -> str:
    """The first line of a body's docstring, "" if it has none."""
    first = body.named_child(0) if body.named_child_count else None
    if first is None or first.type != "expression_statement":
        return ""
    string = first.named_child(0)
    if string is None or string.type not in ("string", "concatenated_string"):
        return ""
    found = _DOC.match(tree.text(string))
    text = found[2].strip().partition("\n")[0].strip() if found else ""
    return text if len(text) <= MAX_DOC_CHARS else text[:MAX_DOC_CHARS].rsplit(" ", 1)[0] + " ..."


def default_paths(tree: SyntaxTree, node: Node) -> Iterator[tuple[str, str]]:
    """The parameters that have a default and no type, each with the access path of that default.

    A default `Depends(get_session)` is a promise of what a framework passes on from the function.
    """
    for child in node.named_children:
        name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
        if child.type != "default_parameter" or name is None or value is None:
            continue
        arguments = value.child_by_field_name("arguments") if value.type == "call" else None
        called = access_path(tree, value).rpartition(".")[2]
        if called in _INJECTING and arguments is not None and arguments.named_child_count:
            path = access_path(tree, arguments.named_child(0))
            yield tree.text(name), f"{path}@" if path else ""
        else:
            yield tree.text(name), access_path(tree, value)


def parameters(tree: SyntaxTree, node: Node) -> Iterator[tuple[str, str]]:
    """Names and types of a parameter list (type "" where none is written); stars belong to the type's meaning."""
    for child in node.named_children:
        kind = child.type
        if kind == "identifier":
            yield tree.text(child), ""
        elif kind in ("default_parameter", "typed_default_parameter"):
            name, declared = child.child_by_field_name("name"), child.child_by_field_name("type")
            if name is not None:
                yield tree.text(name), type_text(tree.text(declared)) if declared is not None else ""
        elif kind == "typed_parameter":
            name, declared = child.named_child(0), child.child_by_field_name("type")
            if name is None or declared is None:
                continue
            type_ = type_text(tree.text(declared))
            if name.type == "list_splat_pattern":
                type_ = f"tuple[{type_}, ...]"
            elif name.type == "dictionary_splat_pattern":
                type_ = f"{type_}" if _UNPACKED.match(type_) else f"dict[str, {type_}]"
            yield tree.text(name).lstrip("*"), type_


def type_parameters(tree: SyntaxTree, node: Node, bases: Node | None) -> Iterator[tuple[str, str]]:
    """The type parameters of a class with their bounds: `class Repo[T: Model]`, or those in `Generic[T]` and the like.

    A type variable of the module may have a bound where it is made, so it counts as its own bound.
    """
    listed = node.child_by_field_name("type_parameters")
    for child in listed.named_children if listed is not None else ():
        name, _, bound = tree.text(child).partition(":")
        yield name.partition("=")[0].strip(" *"), type_text(bound.partition("=")[0].strip())
    if listed is not None or bases is None:
        return
    written = [tree.text(base) for base in bases.named_children if base.type in ("subscript", "generic_type")]
    declared = [text for text in written if _GENERIC.match(text)]
    pattern = _NAME if declared else _TYPE_VARIABLE
    for name in dict.fromkeys(name for text in declared or written for name in pattern.findall(text.partition("[")[2])):
        yield name, name


def base_names(tree: SyntaxTree, node: Node) -> Iterator[str]:
    """The base classes of a class's argument list, as types."""
    for child in node.named_children:
        if child.type in ("identifier", "attribute", "subscript", "call", "generic_type"):
            text = type_text(tree.text(child).partition("(")[0])
            if text:
                yield text
