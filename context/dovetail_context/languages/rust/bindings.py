"""What the local names of a Rust function refer to, read from the part of it before the cursor."""

from dovetail_context.languages.braces import HOLE
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
        elif kind in ("loop", "closure") and path:
            path += "[]"
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
        _bind_fields(tree, pattern, bindings, depth)


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
    for inner in held:
        _bind(tree, inner, f"{path}[]" if path and variant in _ELEMENT_OF else "", bindings, depth + 1)


def _bind_fields(tree: SyntaxTree, pattern: Node, bindings: dict[str, str], depth: int) -> None:
    type_ = type_text(tree, pattern.child_by_field_name("type"))
    for field in pattern.named_children:
        name = field.child_by_field_name("name") if field.type == "field_pattern" else None
        if name is not None:
            inner = field.child_by_field_name("pattern")
            _bind(tree, inner or name, f"<{type_}>.{tree.text(name)}" if type_ else "", bindings, depth + 1)
