"""What Lombok's annotations stand for: accessors, constructors and builders that other files call and none defines."""

import re
from collections.abc import Iterator

from dovetail_context.records.record import Symbol
from dovetail_context.syntax import Node, SyntaxTree

_ANNOTATIONS = {
    "Getter": frozenset({"get"}),
    "Setter": frozenset({"set"}),
    "Data": frozenset({"get", "set"}),
    "Value": frozenset({"get", "constructor"}),
    "AllArgsConstructor": frozenset({"constructor"}),
    "Builder": frozenset({"builder"}),
    "SuperBuilder": frozenset({"builder"}),
}
_NAMED = re.compile(r"@(?:lombok\.)?(\w+)")


def generated_accessors(tree: SyntaxTree, node: Node) -> frozenset[str]:
    """What the annotations of a class or field stand for: "get", "set", "constructor", "builder"."""
    first = node.child(0) if node.child_count else None
    written = tree.text(first) if first is not None and first.type == "modifiers" else ""
    found = [_ANNOTATIONS[name] for name in _NAMED.findall(written) if name in _ANNOTATIONS] if "@" in written else []
    return frozenset().union(*found) if found and b"lombok" in tree.data else frozenset()


def builder_of(name: str, qualified: str, line: int) -> Iterator[Symbol]:
    """The builder of a class, without the methods that set its fields."""
    builder = f"{name}Builder"
    head = f"static {builder} builder()"
    yield Symbol("builder", "method", qualified, line, line, head, type=builder, static=True)
    yield Symbol(builder, "class", qualified, line, line, f"class {builder}")
    yield Symbol("build", "method", f"{qualified}.{builder}", line, line, f"{name} build()", type=name)


def accessors(field: str, type_: str, generated: frozenset[str]) -> Iterator[tuple[str, bool, str]]:
    """The accessors of a field: name, whether it returns the field, and signature."""
    capital = field[:1].upper() + field[1:]
    if "get" in generated:
        name = f"is{capital.removeprefix('Is')}" if type_ == "boolean" else f"get{capital}"
        yield name, True, f"{type_} {name}() {{ return {field}; }}"
    if "set" in generated:
        yield f"set{capital}", False, f"void set{capital}({type_} {field})"
