"""What the local names of a C or C++ function refer to, read from the part of it before the cursor."""

from dovetail_context.languages.braces.scan import HOLE
from dovetail_context.languages.cpp.expressions import access_path, declared_name, declared_type
from dovetail_context.languages.cpp.grammar import cpp_grammar
from dovetail_context.languages.cpp.signatures import without_macros
from dovetail_context.languages.nesting import in_text_order
from dovetail_context.records.access import put_in
from dovetail_context.syntax import Match, Node, SyntaxTree

_KINDS = ("binding", "binding", "binding", "loop")


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding in `source` (a function) wins, what nothing is known of is ""."""
    tree = cpp_grammar().parse(without_macros(source))
    bindings: dict[str, str] = {}
    matches = cpp_grammar().matches(tree.root, "locals.scm")
    for kind, _, captures in in_text_order(matches, _KINDS):
        declarator = captures["declarator"][0]
        type_ = declared_type(tree, captures["type"][0], declarator)
        parts = _parts(declarator)
        if parts is not None:
            _bind_parts(tree, parts, captures, bindings)
            continue
        name = declared_name(declarator)
        if name is None or name.type != "identifier":
            continue
        if type_:
            path = f"<{type_}>"
        elif kind == "loop":
            path = access_path(tree, captures["value"][0])
            path += "[]" if path else ""
        elif "parameter" in captures["binding"][0].type:
            path = _given(tree, captures["binding"][0])
        else:
            holder = declarator if declarator.type == "init_declarator" else captures["binding"][0]
            value = holder.child_by_field_name("value")  # `if (auto found = find())` has it beside the name
            path = access_path(tree, value)
        if HOLE not in path:  # else it is bound by what is being typed
            local = tree.text(name)
            bindings[local] = put_in(path, local, bindings.get(local, "")) if path else ""
    return bindings


def _parts(declarator: Node) -> Node | None:
    """The names of `auto& [key, value]`, None for other declarators."""
    node: Node | None = declarator
    while node is not None and node.type in ("init_declarator", "reference_declarator"):
        node = node.child_by_field_name("declarator") or (node.named_child(0) if node.named_child_count else None)
    return node if node is not None and node.type == "structured_binding_declarator" else None


def _bind_parts(tree: SyntaxTree, parts: Node, captures: Match, bindings: dict[str, str]) -> None:
    loop = "loop" in captures
    declarator = captures["declarator"][0]
    value = captures["value"][0] if loop else declarator.child_by_field_name("value")
    path = access_path(tree, value)
    for index, each in enumerate(parts.named_children):
        name = tree.text(each)
        if not path or HOLE in path:
            bindings[name] = ""
        elif loop:  # of a map: its keys and values
            bindings[name] = f"{path}[]" if index else ""
        else:
            bindings[name] = f"{path}[{index}]"


def _given(tree: SyntaxTree, parameter: Node) -> str:
    """What a parameter `auto` of a lambda is given: an element of the range, or what the called function declares."""
    listed = parameter.parent
    node = listed.parent if listed is not None else None
    while node is not None and node.type != "lambda_expression":
        if node.type not in ("abstract_function_declarator", "function_declarator", "lambda_declarator"):
            return ""
        node = node.parent
    arguments = node.parent if node is not None else None
    call = arguments.parent if arguments is not None and arguments.type == "argument_list" else None
    if listed is None or node is None or arguments is None or call is None or call.type != "call_expression":
        return ""
    called = access_path(tree, call.child_by_field_name("function"))
    values = arguments.named_children
    first = access_path(tree, values[0]) if values[0] != node else ""
    if first.endswith((".begin()", ".cbegin()")):
        return first.rpartition(".")[0] + "[]"
    place = next(index for index, each in enumerate(values) if each == node)
    position = next((index for index, each in enumerate(listed.named_children) if each == parameter), 0)
    return f"{called}{{{place}}}{{{position}}}|{first}[]" if called and first else f"{called}{{{place}}}{{{position}}}"
