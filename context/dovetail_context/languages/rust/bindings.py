"""What the local names of a Rust function refer to, read from the part of it before the cursor."""

from dovetail_context.languages.braces.scan import HOLE
from dovetail_context.languages.rust.expressions import access_path, type_text
from dovetail_context.languages.rust.grammar import grammar
from dovetail_context.languages.rust.signatures import bounds_of
from dovetail_context.records.access import put_in
from dovetail_context.syntax import Match, Node, SyntaxTree

_KINDS = ("typed", "let", "let", "loop", "arm", "closure")
# Constructors of the standard library whose pattern takes the element of what is matched.
_ELEMENT_OF = frozenset({"Some", "Ok", "Option.Some", "Result.Ok", "Poll.Ready", "Continue"})
_THROUGH = frozenset({"mut_pattern", "ref_pattern", "reference_pattern", "or_pattern", "match_pattern"})
MAX_DEPTH = 8  # of nested patterns


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding in `source` (a function) wins, what nothing is known of is ""."""
    tree = grammar().parse(source)
    bindings: dict[str, str] = {}
    bounds: dict[str, str] = {}
    for node in tree.root.named_children:
        bounds.update(bounds_of(tree, node))
    matches = grammar().matches(tree.root, "locals.scm")
    for pattern, captures in sorted(matches, key=lambda match: _order(match[0], match[1])):
        kind = _KINDS[pattern]
        value = captures.get("value")
        path = access_path(tree, value[0]) if value else ""
        if kind in ("typed", "let"):
            path = _declared(tree, captures, bounds) or path
        elif kind == "loop" and path:
            path += "[]"
        elif kind == "closure":
            _bind_closure(tree, captures, bindings)
            continue
        _bind(tree, captures["pattern"][0], path, bindings, 0)
    bindings.pop("_", None)
    bindings.pop("self", None)
    return bindings


def _order(pattern: int, captures: Match) -> int:
    """In text order; a `let` binds behind its value."""
    node = captures[_KINDS[pattern]][0]
    return node.end_byte if _KINDS[pattern] == "let" and "value" in captures else node.start_byte


def _declared(tree: SyntaxTree, captures: Match, bounds: dict[str, str]) -> str:
    declared = captures.get("type")
    type_ = type_text(tree, declared[0]) if declared else ""
    return f"<{bounds.get(type_, type_)}>" if type_ and "_" not in type_.replace("[", " ").split() else ""


def _bind_closure(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """The parameters of a closure are what the function that takes it passes to it; of a container, its elements."""
    closure, called = captures["closure"][0], access_path(tree, captures["function"][0])
    listed, given = closure.parent, closure.child_by_field_name("parameters")
    position = [each == closure for each in listed.named_children].index(True) if listed is not None else 0
    receiver = called.rpartition(".")[0] if captures["function"][0].type == "field_expression" else ""
    for index, each in enumerate(given.named_children if given is not None else ()):
        path = f"{called}{{{position}}}{{{index}}}" if called else ""
        if receiver and len(listed.named_children if listed is not None else ()) == 1 and not index and "|" not in path:
            path = f"{receiver}[]" if _is_of_containers(called) else f"{path}|{receiver}[]"
        if each.type == "parameter":
            type_ = type_text(tree, each.child_by_field_name("type"))
            path = f"<{type_}>" if type_ else path
            pattern = each.child_by_field_name("pattern")
        else:
            pattern = each
        if pattern is not None:
            _bind(tree, pattern, path, bindings, 0)


def _is_of_containers(called: str) -> bool:
    return called.rpartition(".")[2] in ("map", "filter", "for_each", "flat_map", "any", "all", "find", "position")


def _bind(tree: SyntaxTree, pattern: Node, path: str, bindings: dict[str, str], depth: int) -> None:
    kind = pattern.type
    if depth > MAX_DEPTH:
        return
    if kind in ("identifier", "shorthand_field_identifier"):
        name = tree.text(pattern)
        if HOLE in path or name[:1].isupper():  # bound by what is being typed; a variant or constant binds nothing
            return
        bindings[name] = put_in(path, name, bindings.get(name, "")) if path else ""
    elif kind in _THROUGH and pattern.named_child_count:
        inner = pattern.named_child(0 if kind == "or_pattern" else pattern.named_child_count - 1)
        if inner is not None:
            _bind(tree, inner, path, bindings, depth + 1)
    elif kind == "captured_pattern" and pattern.named_child_count == 2:
        for inner in pattern.named_children:
            _bind(tree, inner, path, bindings, depth + 1)
    elif kind == "tuple_pattern":
        for index, inner in enumerate(pattern.named_children):
            _bind(tree, inner, _part(path, index), bindings, depth + 1)
    elif kind == "slice_pattern":
        for inner in pattern.named_children:
            _bind(tree, inner, f"{path}[]" if path else "", bindings, depth + 1)
    elif kind == "tuple_struct_pattern":
        _bind_variant(tree, pattern, path, bindings, depth)
    elif kind == "struct_pattern":
        _bind_fields(tree, pattern, path, bindings, depth)


def _part(path: str, index: int) -> str:
    """One of a tuple: of `(index, element)` from enumerate, of `(key, value)` from a map, of a tuple."""
    if not path:
        return ""
    if path.endswith(".enumerate()[]"):
        return path.removesuffix(".enumerate()[]") + "[]" if index else ""
    return f"{path}[{index}]|{path}" if index and path.endswith("[]") else f"{path}[{index}]"


def _bind_variant(tree: SyntaxTree, pattern: Node, path: str, bindings: dict[str, str], depth: int) -> None:
    variant = type_text(tree, pattern.child_by_field_name("type"))
    held = [child for child in pattern.named_children[1:] if child.type != "remaining_field_pattern"]
    for index, inner in enumerate(held):
        inside = f"{path}[]" if path and variant in _ELEMENT_OF else _payload(path, variant, str(index))
        _bind(tree, inner, inside, bindings, depth + 1)


def _payload(path: str, variant: str, which: str) -> str:
    """What a variant holds, as a member of the value that is matched (which may know type arguments) or by its name."""
    last = variant.rpartition(".")[2]
    if not last or variant in _ELEMENT_OF:
        return ""
    through = f"{path}.{last}{{{which}}}|" if path and "|" not in path else ""
    return f"{through}{variant}{{{which}}}"


def _bind_fields(tree: SyntaxTree, pattern: Node, path: str, bindings: dict[str, str], depth: int) -> None:
    type_ = type_text(tree, pattern.child_by_field_name("type"))
    for field in pattern.named_children:
        name = field.child_by_field_name("name") if field.type == "field_pattern" else None
        if name is not None:
            inner = field.child_by_field_name("pattern")
            field_path = f"<{type_}>.{tree.text(name)}|{_payload(path, type_, tree.text(name))}" if type_ else ""
            _bind(tree, inner or name, field_path, bindings, depth + 1)
