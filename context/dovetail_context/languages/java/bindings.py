"""What the local names of a Java method refer to, read from the part of it before the cursor."""

from dovetail_context.languages.java.expressions import access_path
from dovetail_context.languages.java.grammar import grammar
from dovetail_context.languages.java.types import type_text
from dovetail_context.languages.nesting import in_text_order
from dovetail_context.records.access import put_in
from dovetail_context.syntax import Match, Node, SyntaxTree

_KINDS = (
    "variable",
    "variable",
    "loop",
    "parameter",
    "rest",
    "parameter",
    "narrowed",
    "parameter",
    "parameter",
    "component",
    "lambda",
    "assigned",
)


# Methods of containers that pass their elements to what they take.
_ELEMENTWISE = frozenset(
    """
    map filter forEach flatMap anyMatch allMatch noneMatch ifPresent sorted removeIf mapToInt mapToLong mapToObj peek
    """.split()  # noqa: SIM905
)


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding before the end of `source` wins, what nothing is known of is ""."""
    tree = grammar().parse(source)
    bindings: dict[str, str] = {}
    matches = grammar().matches(tree.root, "locals.scm")
    for kind, _, captures in in_text_order(matches, _KINDS):
        _bind(tree, kind, captures, bindings)
    return bindings


def _bind(tree: SyntaxTree, kind: str, captures: Match, bindings: dict[str, str]) -> None:
    type_ = type_text(tree.text(captures["type"][0])) if "type" in captures else ""
    declared = f"<{type_}>" if type_ and type_ != "var" else ""
    if kind == "narrowed":  # after a test the name is most likely of the tested type; what it was stays possible
        name = tree.text(captures["tested"][0])
        earlier = bindings.get(name, "")
        bindings[name] = f"{declared}|{earlier}" if earlier else declared
        return
    names = [tree.text(node) for node in captures["name"]]
    value = access_path(tree, captures["value"][0]) if "value" in captures else ""
    for name in names:
        if kind == "assigned":
            if bindings.get(name) == "":  # declared without an informative type
                bindings[name] = put_in(value, name, "") if value else ""
        elif kind == "rest":
            bindings[name] = f"<Array[{type_}]>"
        elif kind == "lambda":
            listed = captures["name"][0].parent
            names_ = listed.named_children if listed is not None and listed.type == "inferred_parameters" else []
            at = next((index for index, each in enumerate(names_) if each == captures["name"][0]), 0)
            _bind_parameter(tree, captures["lambda"][0], name, at, bindings)
        elif kind == "component" and type_ == "var":
            bindings[name] = _component(tree, captures["component"][0])
        elif kind == "loop":
            bindings[name] = declared or (put_in(value, name, bindings.get(name, "")) + "[]" if value else "")
        else:
            bindings[name] = declared or put_in(value, name, bindings.get(name, ""))


def _bind_parameter(tree: SyntaxTree, callback: Node, name: str, position: int, bindings: dict[str, str]) -> None:
    """The parameter of a lambda is what the method that takes it declares; of a container, an element."""
    listed = callback.parent
    call = listed.parent if listed is not None and listed.type == "argument_list" else None
    if listed is None:
        return
    if call is None:
        type_ = _declared_for(tree, listed)
        bindings[name] = f"<{type_}>{{{position}}}" if type_ else ""
        return
    called = access_path(tree, call).removesuffix("()") if call.type == "method_invocation" else ""
    if call.type == "object_creation_expression":
        made = call.child_by_field_name("type")
        called = type_text(tree.text(made)).partition("[")[0] if made is not None else ""
    given = next((index for index, each in enumerate(listed.named_children) if each == callback), 0)
    receiver, _, method = called.rpartition(".")
    path = f"{called}{{{given}}}{{{position}}}" if called and "|" not in called else ""
    if receiver and not position and "|" not in receiver:
        path = f"{receiver}[]" if method in _ELEMENTWISE or not path else f"{path}|{receiver}[]"
    bindings[name] = put_in(path, name, bindings.get(name, "")) if path else ""


def _declared_for(tree: SyntaxTree, outer: Node) -> str:
    """The declared type of the variable or field whose value a lambda is."""
    declaration = outer.parent if outer.type == "variable_declarator" else None
    type_ = declaration.child_by_field_name("type") if declaration is not None else None
    return type_text(tree.text(type_)) if type_ is not None else ""


def _component(tree: SyntaxTree, component: Node) -> str:
    """What `var` is in `case Login(var who, var at)`: a component of the record."""
    body = component.parent
    pattern = body.parent if body is not None else None
    record = pattern.named_child(0) if pattern is not None and pattern.named_child_count else None
    if body is None or record is None or pattern is None or pattern.type != "record_pattern":
        return ""
    index = next((index for index, each in enumerate(body.named_children) if each == component), 0)
    return f"{type_text(tree.text(record))}{{{index}}}"
