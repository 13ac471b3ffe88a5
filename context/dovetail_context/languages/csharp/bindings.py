"""What the local names of a C# method refer to, read from the part of it before the cursor."""

from dovetail_context.languages.csharp.expressions import access_path
from dovetail_context.languages.csharp.grammar import grammar
from dovetail_context.languages.csharp.types import type_text
from dovetail_context.records.access import put_in
from dovetail_context.syntax import Match, Node, SyntaxTree

_KINDS = (
    "variable",
    "loop",
    "parameter",
    "rest",
    "parameter",
    "narrowed",
    "parameter",
    "parameter",
    "lambda",
    "out",
    "loop",
    "parts",
    "pairs",
    "property",
    "assigned",
)


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding before the end of `source` wins, what nothing is known of is ""."""
    tree = grammar().parse(source)
    bindings: dict[str, str] = {}
    matches = grammar().matches(tree.root, "locals.scm")
    for pattern, captures in sorted(matches, key=_place):
        _bind(tree, _KINDS[pattern], captures, bindings)
    return bindings


def _place(match: tuple[int, Match]) -> tuple[int, int]:
    """In text order; what a lambda is given comes after its own parameters."""
    kind = _KINDS[match[0]]
    return (match[1]["name" if kind == "lambda" else kind][0].start_byte, kind == "lambda")


def _bind(tree: SyntaxTree, kind: str, captures: Match, bindings: dict[str, str]) -> None:
    type_ = type_text(tree.text(captures["type"][0])) if "type" in captures else ""
    declared = f"<{type_}>" if type_ and type_ != "var" else ""
    if kind == "narrowed":  # after a test the name is most likely of the tested type; what it was stays possible
        name = tree.text(captures["tested"][0])
        earlier = bindings.get(name, "")
        bindings[name] = f"{declared}|{earlier}" if earlier else declared
        return
    if kind == "lambda":
        _bind_parameter(tree, captures["lambda"][0], captures["name"][0], bindings)
        return
    value = access_path(tree, captures["value"][0]) if "value" in captures else ""
    if kind in ("parts", "pairs"):
        for index, each in enumerate(captures["names"][0].named_children):
            of_map = f"{value}[]" if index else ""
            path = f"{value}[{index}]" if kind == "parts" else f"{value}[][{index}]|{of_map}".rstrip("|")
            bindings[tree.text(each)] = path if value and "|" not in value else ""
        return
    name = tree.text(captures["name"][0])
    if kind == "property":
        bindings[name] = f"{declared}.{tree.text(captures['field'][0])}"
        return
    value = put_in(value, name, bindings.get(name, "")) if value else ""
    if kind == "assigned":
        if bindings.get(name) == "":  # declared without an informative type
            bindings[name] = value
    elif kind == "out":
        bindings[name] = declared or _passed_out(tree, captures["name"][0], value)
    elif kind == "loop":
        bindings[name] = declared or (value + "[]" if value else "")
    elif not declared and "value" in captures and captures["value"][0].type == "implicit_object_creation_expression":
        bindings[name] = ""
    else:
        kept = bindings.get(name, "") if kind == "parameter" else ""  # `var`, whose type the pattern around it says
        bindings[name] = declared or value or kept


def _passed_out(tree: SyntaxTree, name: Node, receiver: str) -> str:
    """What `TryFind(key, out var name)` sets: what the method declares; of a container, an element."""
    declaration = name.parent
    argument = declaration.parent if declaration is not None else None
    listed = argument.parent if argument is not None else None
    call = listed.parent if listed is not None else None
    called = access_path(tree, call.child_by_field_name("function")) if call is not None else ""
    if not receiver or "|" in receiver or listed is None or not called:
        return f"{receiver}[]" if receiver else ""
    place = next((index for index, each in enumerate(listed.named_children) if each == argument), 0)
    return f"{called}{{{place}}}|{receiver}[]"


def _bind_parameter(tree: SyntaxTree, callback: Node, parameter: Node, bindings: dict[str, str]) -> None:
    """The parameter of a lambda is what the method that takes it declares; of a sequence, an element."""
    listed = parameter.parent if parameter.type == "parameter" else None
    places = [each for each in listed.named_children if each.type == "parameter"] if listed is not None else []
    position = next((index for index, each in enumerate(places) if each == parameter), 0)
    named = parameter.child_by_field_name("name") if parameter.type == "parameter" else parameter
    if named is None or parameter.child_by_field_name("type") is not None:
        return
    name, argument = tree.text(named), callback.parent
    arguments = argument.parent if argument is not None and argument.type == "argument" else None
    call = arguments.parent if arguments is not None else None
    if argument is not None and argument.type == "assignment_expression":  # an event, or a field of a function type
        path = access_path(tree, argument.child_by_field_name("left"))
        bindings[name] = f"{path}{{{position}}}" if path else ""
        return
    if argument is None or arguments is None or call is None:
        type_ = _declared_for(tree, argument)
        bindings[name] = f"<{type_}>{{{position}}}" if type_ else ""
        return
    called, receiver = "", ""
    if call.type == "invocation_expression":
        function = call.child_by_field_name("function")
        called = access_path(tree, function)
        receiver = called.rpartition(".")[0] if "|" not in called else ""
    elif call.type == "object_creation_expression" and (made := call.child_by_field_name("type")) is not None:
        called = type_text(tree.text(made)).partition("[")[0]
    given = next((index for index, each in enumerate(arguments.named_children) if each == argument), 0)
    path = f"{called}{{{given}}}{{{position}}}" if called and "|" not in called else ""
    if receiver and not position:
        path = f"{path}|{receiver}[]"
    bindings[name] = put_in(path, name, bindings.get(name, "")) if path else ""


def _declared_for(tree: SyntaxTree, outer: Node | None) -> str:
    """The declared type of the variable or field whose value a lambda is."""
    while outer is not None and outer.type in ("equals_value_clause", "variable_declarator"):
        outer = outer.parent
    type_ = outer.child_by_field_name("type") if outer is not None and outer.type == "variable_declaration" else None
    return type_text(tree.text(type_)) if type_ is not None else ""
