"""The shown text of TypeScript's definitions: signatures, parameters, base classes."""

import re
from collections.abc import Iterator

from dovetail_context.languages.typescript.expressions import access_path
from dovetail_context.languages.typescript.types import Constraints, type_text
from dovetail_context.syntax import Node, SyntaxTree

MAX_SIGNATURE_CHARS = 600  # the longest signatures that people write; what is longer is data
MAX_VALUE_CHARS = 100  # enough for a literal or a constructor call

_COMMENT = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`)|//[^\n]*|/\*.*?\*/""", re.DOTALL)
# Members of an object type may be divided by line ends alone. Behind those without spaces before them, which Python
# finds fast, it looks back.
_DIVIDING_LINE_END = re.compile(
    r"\n(?<!extends\n)(?<!implements\n)(?<=[\w)\]}>\"']\n)\s*(?=[\w\[\"'#$(<])"
    r"(?!(?:extends|implements|is|as|satisfies|in|of|keyof)\b(?!\??:))"
)
_BEFORE_LINE_END = re.compile(r"[ \t]+\n")
# What is shown of values that are too long: what is called, or the kind of literal.
_CALLED = re.compile(r"(?:new |await )?[\w$.]+(?=[(<])")
_EMPTY = {"{": "{}", "[": "[]", "`": "``", '"': '""', "'": "''"}
_SPACE = re.compile(r"\s+")
_AFTER_OPENING = re.compile(r"([(\[]|<(?= (?:const )?[A-Z][\w$]*(?:,|>| extends | = ))) ")
_BEFORE_CLOSING = re.compile(r",? ([)\]]|>(?=[ (,;)\[]|\Z))")


def one_line(source: str) -> str:
    """Source text on one line, without comments and the spaces that only broke lines."""
    if "/" in source:
        source = _COMMENT.sub(lambda found: found[1] or "", source)
    if "\n" not in source:
        return source.strip()
    if " \n" in source or "\t\n" in source:
        source = _BEFORE_LINE_END.sub("\n", source)
    source = _DIVIDING_LINE_END.sub("; ", source.strip())
    return _BEFORE_CLOSING.sub(r"\1", _AFTER_OPENING.sub(r"\1", _SPACE.sub(" ", source)))


def head_text(tree: SyntaxTree, node: Node, end_byte: int, start_byte: int = -1) -> str:
    """A definition from its first word (decorators left out) to `end_byte`, on one line."""
    if start_byte < 0:
        start_byte = node.start_byte
        start_byte = next(
            (child.start_byte for child in node.children if child.type not in ("decorator", "comment")), start_byte
        )
    text = one_line(tree.slice(start_byte, min(end_byte, start_byte + 4 * MAX_SIGNATURE_CHARS)))
    return text if len(text) <= MAX_SIGNATURE_CHARS else text[:MAX_SIGNATURE_CHARS] + " ..."


def value_text(tree: SyntaxTree, name: str, declared: Node | None, value: Node | None) -> str:
    """A variable or field: its declared type if it has one, else its value, cut where it becomes data."""
    if declared is not None:
        text = one_line(tree.slice(declared.start_byte, min(declared.end_byte, declared.start_byte + 2400)))
        return name + (text if len(text) <= MAX_SIGNATURE_CHARS else text[:MAX_SIGNATURE_CHARS] + " ...")
    if value is None:
        return name
    text = one_line(tree.slice(value.start_byte, min(value.end_byte, value.start_byte + 4 * MAX_VALUE_CHARS)))
    if len(text) > MAX_VALUE_CHARS:
        called = _CALLED.match(text)
        text = f"{called[0].strip()}()" if called is not None else _EMPTY.get(text[0], "")
    return f"{name} = {text}" if text else name


def parameters(
    tree: SyntaxTree, node: Node | None, constraints: Constraints | None = None
) -> Iterator[tuple[str, str, Node | None]]:
    """Names and types of a parameter list ("" where none is written), or the patterns that take types apart."""
    for child in node.named_children if node is not None else ():
        if child.type == "identifier":
            yield tree.text(child), "", None
        if child.type not in ("required_parameter", "optional_parameter"):
            continue
        pattern = child.child_by_field_name("pattern")
        type_ = type_text(tree, child.child_by_field_name("type"), constraints)
        if pattern is None or pattern.type == "this":
            continue
        if pattern.type == "rest_pattern" and pattern.named_child_count:
            pattern = pattern.named_child(0)
        if pattern is None or pattern.type != "identifier":
            yield "", type_, pattern
        else:
            yield tree.text(pattern), type_, None


def parameter_paths(tree: SyntaxTree, node: Node | None, constraints: Constraints | None = None) -> dict[str, str]:
    """Return the values of the names in a parameter list, including the names bound by patterns."""
    found: dict[str, str] = {}
    for name, type_, pattern in parameters(tree, node, constraints):
        path = f"<{type_}>" if type_ else ""
        if pattern is not None:
            found.update(pattern_paths(tree, pattern, path) if path else _inline_paths(tree, pattern, constraints))
        else:
            found[name] = path
    for child in node.named_children if node is not None else ():
        named = child.child_by_field_name("pattern")
        if named is not None and named.type == "identifier":
            if not found.get(tree.text(named)):
                found[tree.text(named)] = access_path(tree, child.child_by_field_name("value"))
            for member, type_ in _written_out(tree, child.child_by_field_name("type"), constraints).items():
                found[f"{tree.text(named)}.{member}"] = f"<{type_}>" if type_ else ""
    return found


def _inline_paths(tree: SyntaxTree, pattern: Node, constraints: Constraints | None) -> dict[str, str]:
    """What `{ a, b }: { a: A; b: B }` binds: the members are written out beside the pattern."""
    types = _written_out(tree, pattern.next_named_sibling, constraints)
    found: dict[str, str] = {}
    for name_, path in pattern_paths(tree, pattern, "it"):
        member_name, dot, rest = path.removeprefix("it.").partition(".")
        type_ = types.get(member_name, "") if path != "it" else ""
        found[name_] = f"<{type_}>{dot}{rest}" if type_ else ""
    return found


def _written_out(tree: SyntaxTree, annotation: Node | None, constraints: Constraints | None) -> dict[str, str]:
    """The types of the members of an object type that has no name."""
    members = annotation.named_child(0) if annotation is not None and annotation.named_child_count else None
    types: dict[str, str] = {}
    for member in members.named_children if members is not None and members.type == "object_type" else ():
        name, declared = member.child_by_field_name("name"), member.child_by_field_name("type")
        if name is not None:
            types[tree.text(name)] = type_text(tree, declared, constraints)
    return types


def pattern_paths(tree: SyntaxTree, pattern: Node, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Return the names that a pattern binds, each with its value, if `path` is the value of the entire pattern."""
    kind = pattern.type
    if kind in ("identifier", "shorthand_property_identifier_pattern"):
        yield tree.text(pattern), path
    elif depth > 4:  # deeper patterns take data apart
        return
    elif kind == "object_pattern":
        for child in pattern.named_children:
            yield from _property_paths(tree, child, path, depth)
    elif kind == "array_pattern":
        for index, child in enumerate(pattern.named_children):
            yield from pattern_paths(tree, child, f"{path}[{index}]" if path else "", depth + 1)
    elif kind in ("assignment_pattern", "object_assignment_pattern"):
        left, default = pattern.child_by_field_name("left"), pattern.child_by_field_name("right")
        if left is not None:
            yield from pattern_paths(tree, left, path or access_path(tree, default), depth + 1)
    elif kind == "rest_pattern" and pattern.named_child_count:
        yield from pattern_paths(tree, pattern.named_children[0], path, depth + 1)


def _property_paths(tree: SyntaxTree, child: Node, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if child.type == "pair_pattern":
        key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if key is not None and value is not None:
            name = tree.text(key).strip("\"'")
            yield from pattern_paths(tree, value, f"{path}.{name}" if path and name.isidentifier() else "", depth + 1)
    elif child.type == "object_assignment_pattern":
        left = child.child_by_field_name("left")
        if left is not None:
            yield from pattern_paths(tree, child, f"{path}.{tree.text(left)}" if path else "", depth + 1)
    elif child.type == "shorthand_property_identifier_pattern":
        yield tree.text(child), f"{path}.{tree.text(child)}" if path else ""
    elif child.type == "rest_pattern":
        yield from pattern_paths(tree, child, path, depth + 1)


def base_names(tree: SyntaxTree, node: Node, constraints: Constraints | None = None) -> Iterator[str]:
    """The base class and the interfaces of a class or interface, as types."""
    for clause in node.named_children:
        if clause.type == "class_heritage":
            yield from base_names(tree, clause, constraints)
        elif clause.type == "extends_clause":
            value = clause.child_by_field_name("value")
            given = clause.child_by_field_name("type_arguments")
            if value is not None and given is not None and value.type in ("identifier", "member_expression"):
                arguments = (type_text(tree, each, constraints) or "unknown" for each in given.named_children)
                yield f"{''.join(tree.text(value).split())}[{', '.join(arguments)}]"
            elif value is not None:
                yield from _base(tree, value)
        elif clause.type in ("extends_type_clause", "implements_clause"):
            for base in clause.named_children:
                text = type_text(tree, base, constraints)
                if text:
                    yield text


def _base(tree: SyntaxTree, value: Node, depth: int = 0) -> Iterator[str]:
    """`extends Base`, `extends ns.Base`; of `extends Mixin(Base)` what is mixed into."""
    if value.type in ("identifier", "member_expression"):
        yield "".join(tree.text(value).split())
    elif value.type == "call_expression" and depth < 4:
        function, arguments = value.child_by_field_name("function"), value.child_by_field_name("arguments")
        if function is not None:
            yield from _base(tree, function, depth + 1)
        for argument in arguments.named_children if arguments is not None else ():
            yield from _base(tree, argument, depth + 1)
