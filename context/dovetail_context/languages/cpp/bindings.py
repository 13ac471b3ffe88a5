"""What the local names of a C or C++ function refer to, read from the part of it before the cursor."""

from dovetail_context.languages.braces import HOLE
from dovetail_context.languages.cpp.expressions import access_path, declared_name, type_text
from dovetail_context.languages.cpp.grammar import cpp_grammar
from dovetail_context.languages.cpp.signatures import without_macros
from dovetail_context.records.access import put_in

_KINDS = ("binding", "binding", "binding", "loop")


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding in `source` (a function) wins, what nothing is known of is ""."""
    tree = cpp_grammar().parse(without_macros(source))
    bindings: dict[str, str] = {}
    matches = cpp_grammar().matches(tree.root, "locals.scm")
    for pattern, captures in sorted(matches, key=lambda match: match[1][_KINDS[match[0]]][0].start_byte):
        declarator, type_ = captures["declarator"][0], type_text(tree, captures["type"][0])
        name = declared_name(declarator)
        if name is None or name.type != "identifier":
            continue
        if type_:
            path = f"<{type_}>"
        elif _KINDS[pattern] == "loop":
            path = access_path(tree, captures["value"][0])
            path += "[]" if path else ""
        else:
            value = declarator.child_by_field_name("value") if declarator.type == "init_declarator" else None
            path = access_path(tree, value)
        if HOLE not in path:  # else it is bound by what is being typed
            local = tree.text(name)
            bindings[local] = put_in(path, local, bindings.get(local, "")) if path else ""
    return bindings
