"""Expressions as access paths (the notation of `records/record.py`)."""

from dovetail_context.languages.typescript.jsdoc import jsdoc_type
from dovetail_context.languages.typescript.types import type_text
from dovetail_context.syntax import Node, SyntaxTree

# Longer paths come from generated or deeply chained code and cost more memory than inference gains from them.
MAX_ACCESS_CHARS = 120
MAX_ELEMENTS = 16  # of an array that is written out; a longer one is data
MAX_DEPTH = 12  # deeper chains are data, not code that somebody completes

_LITERALS = {
    "string": "<string>",
    "template_string": "<string>",
    "number": "<number>",
    "true": "<boolean>",
    "false": "<boolean>",
    "regex": "<RegExp>",
    "this": "this",
    "super": "super()",
}
# Operators whose value is one of their sides; others give plain values.
_EITHER = ("||", "??")


def access_path(tree: SyntaxTree, node: Node | None) -> str:
    """Return the access path of an expression, or "" if it does not reveal its type."""
    path = _access(tree, node, 0)
    return path if len(path) <= MAX_ACCESS_CHARS else ""


def string_value(tree: SyntaxTree, node: Node | None) -> str:
    """The text inside a string literal, "" for anything else."""
    if node is None or node.type not in ("string", "template_string"):
        return ""
    text = tree.text(node)
    return "" if "${" in text else text[1:-1]


def component_of(tree: SyntaxTree, value: Node) -> tuple[Node, str] | None:
    """The function inside `memo(forwardRef<Element, Props>(...))` with the type of its properties, if that is given."""
    properties = ""
    for _ in range(MAX_DEPTH):
        function, arguments = value.child_by_field_name("function"), value.child_by_field_name("arguments")
        if value.type != "call_expression" or function is None or arguments is None:
            return None
        called = tree.text(function).rpartition(".")[2]
        inner = arguments.named_child(0) if arguments.named_child_count else None
        if called not in _COMPONENTS or inner is None:
            return None
        given = value.child_by_field_name("type_arguments")
        if given is not None and given.named_child_count:
            properties = type_text(tree, given.named_children[-1]) or properties
        if inner.type in ("arrow_function", "function_expression"):
            return inner, properties
        value = inner
    return None


def _access(tree: SyntaxTree, node: Node | None, depth: int) -> str:
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    if kind in ("identifier", "shorthand_property_identifier"):
        return tree.text(node)
    if kind in _LITERALS:
        return _LITERALS[kind]
    reader = _READERS.get(kind)
    return reader(tree, node, depth) if reader is not None else ""


def _member(tree: SyntaxTree, node: Node, depth: int) -> str:
    inner, member = _of(tree, node, "object", depth), node.child_by_field_name("property")
    if inner == "process" and member is not None and tree.text(member) == "env":
        return "<NodeJS.ProcessEnv>"
    return f"{inner}.{tree.text(member).lstrip('#')}" if inner and member is not None else ""


def _call(tree: SyntaxTree, node: Node, depth: int) -> str:
    function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    if function is None:
        return ""
    if function.type == "super":
        return ""
    called = _access(tree, function, depth + 1)
    given = node.child_by_field_name("type_arguments")
    if given is not None and given.named_child_count and (template := _GENERIC_CALLS.get(called)):
        type_ = type_text(tree, given.named_child(0))
        return template.format(type_) if type_ else ""
    if called in _KNOWN_CALLS:
        return _known_call(tree, node, called, depth)
    return called + "()" if called else ""


def _new(tree: SyntaxTree, node: Node, depth: int) -> str:
    """`new Map<string, Order>()` carries more information than the class alone."""
    arguments = node.child_by_field_name("type_arguments")
    constructor = node.child_by_field_name("constructor")
    if arguments is not None and constructor is not None and constructor.type == "identifier":
        texts = [type_text(tree, child) or "unknown" for child in arguments.named_children]
        return f"<{tree.text(constructor)}[{', '.join(texts)}]>"
    called = _access(tree, constructor, depth + 1)
    return called + "()" if called else ""


def _subscript(tree: SyntaxTree, node: Node, depth: int) -> str:
    inner, index = _of(tree, node, "object", depth), node.child_by_field_name("index")
    if not inner or index is None:
        return ""
    name = string_value(tree, index)
    if name:
        return f"{inner}.{name}" if name.isidentifier() else ""
    return f"{inner}[{tree.text(index)}]" if tree.text(index).isdecimal() else f"{inner}[]"


def _await(tree: SyntaxTree, node: Node, depth: int) -> str:
    inner = _first(tree, node, depth)
    return inner + "~" if inner else ""


def _binary(tree: SyntaxTree, node: Node, depth: int) -> str:
    operator = node.child_by_field_name("operator")
    sign = operator.type if operator is not None else ""
    if sign in _EITHER:
        return _either(tree, (node.child_by_field_name("left"), node.child_by_field_name("right")), depth)
    return _of(tree, node, "right", depth) if sign == "&&" else ""


def _ternary(tree: SyntaxTree, node: Node, depth: int) -> str:
    return _either(tree, (node.child_by_field_name("consequence"), node.child_by_field_name("alternative")), depth)


def _either(tree: SyntaxTree, nodes: tuple[Node | None, ...], depth: int) -> str:
    paths = [path for path in (_access(tree, node, depth + 1) for node in nodes) if path]
    return "|".join(dict.fromkeys(paths))


def _cast(tree: SyntaxTree, node: Node, depth: int) -> str:
    """`value as T` is a T, `as any` makes it anything; `as const` changes nothing."""
    if node.named_child_count < 2:
        return _first(tree, node, depth)
    type_ = type_text(tree, node.named_children[-1])
    return f"<{type_}>" if type_ not in ("", "any", "unknown") else ""


def _assertion(tree: SyntaxTree, node: Node, depth: int) -> str:
    arguments = node.named_child(0) if node.named_child_count else None
    type_ = type_text(tree, arguments.named_child(0)) if arguments is not None and arguments.named_child_count else ""
    return f"<{type_}>" if type_ else ""


def _assigned(tree: SyntaxTree, node: Node, depth: int) -> str:
    return _of(tree, node, "right", depth)


def _meta(tree: SyntaxTree, node: Node, depth: int) -> str:
    return "<ImportMeta>" if tree.text(node) == "import.meta" else ""


def _parenthesized(tree: SyntaxTree, node: Node, depth: int) -> str:
    """`/** @type {T} */ (value)` is a T."""
    before = node.prev_sibling
    type_ = jsdoc_type(tree, before) if before is not None and before.type == "comment" else ""
    return f"<{type_}>" if type_ else _first(tree, node, depth)


def _array(tree: SyntaxTree, node: Node, depth: int) -> str:
    """A list of what its elements are, if all are of one type."""
    paths = {_access(tree, child, depth + 1) for child in node.named_children[:MAX_ELEMENTS] if child.type != "comment"}
    path = paths.pop() if len(paths) == 1 else ""
    return f"{path}*Array" if path and "|" not in path and not path.startswith("<") else "<Array>"


def _first(tree: SyntaxTree, node: Node, depth: int) -> str:
    return _access(tree, node.named_child(0), depth + 1) if node.named_child_count else ""


def _of(tree: SyntaxTree, node: Node, field: str, depth: int) -> str:
    return _access(tree, node.child_by_field_name(field), depth + 1)


_READERS = {
    "member_expression": _member,
    "call_expression": _call,
    "new_expression": _new,
    "subscript_expression": _subscript,
    "await_expression": _await,
    "yield_expression": _first,  # generators that are driven by a library give what is yielded
    "binary_expression": _binary,
    "ternary_expression": _ternary,
    "as_expression": _cast,
    "satisfies_expression": _first,
    "non_null_expression": _first,
    "parenthesized_expression": _parenthesized,
    "array": _array,
    "meta_property": _meta,
    "type_assertion": _assertion,
    "assignment_expression": _assigned,
}

# Calls that wrap a component, which is used like the function inside.
_COMPONENTS = frozenset({"memo", "forwardRef", "observer", "defineComponent"})

# Calls whose type argument is what they hold.
_GENERIC_CALLS = {
    **dict.fromkeys(("useState", "React.useState"), "<tuple[{0}, Callable[[{0}]]]>"),
    **dict.fromkeys(("useRef", "React.useRef", "ref", "shallowRef", "signal", "computed"), "<Ref[{0}]>"),
    "create": "<Callable[[unknown], Callable[[Callable[[{0}], unknown]], {0}]]>",  # a store: create<State>()(...)
    **dict.fromkeys(("createContext", "React.createContext", "inject"), "<{0}>"),
}

# Calls of the standard library that give what their first argument is (or its elements).
_KNOWN_CALLS = {
    "Object.freeze": "",
    "Object.seal": "",
    "Object.assign": "",
    "structuredClone": "",
    "Array.from": "",
    "Object.values": "",
    "Promise.resolve": "",
    "Promise.all": "",
    "Object.create": "",
    "Object.entries": ".entries()",
    **dict.fromkeys(("inject", "TestBed.inject"), "()"),
    **dict.fromkeys(("useRef", "React.useRef", "ref", "shallowRef", "signal"), "*Ref"),
    "computed": "*Ref",
    **dict.fromkeys(("useMemo", "React.useMemo"), ""),
    **dict.fromkeys(("memo", "React.memo", "forwardRef", "React.forwardRef", "observer"), ""),
    **dict.fromkeys(("useContext", "React.useContext", "use"), ""),
}


def _known_call(tree: SyntaxTree, node: Node, called: str, depth: int) -> str:
    arguments = node.child_by_field_name("arguments")
    first = arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
    if first is not None and first.type == "arrow_function":
        first = first.child_by_field_name("body")
    path = _access(tree, first, depth + 1)
    return path + _KNOWN_CALLS[called] if path else f"{called}()"
