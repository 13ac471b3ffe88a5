"""What the local names of a Python function refer to, read from the part of it before the cursor."""

import re

from dovetail_context.languages.nesting import in_text_order
from dovetail_context.languages.python.expressions import access_path, type_text
from dovetail_context.languages.python.grammar import grammar
from dovetail_context.languages.python.signatures import default_paths, parameters
from dovetail_context.records.access import put_in
from dovetail_context.syntax import Match, Node, SyntaxTree

_KINDS = (
    "assignment",
    "unpacking",
    "assignment",
    "loop",
    "loop",
    "with",
    "except",
    "isinstance",
    "case",
    "function",
    "lambda",
)
_PAIRS = re.compile(r"(.*)\.items\(\)\Z")


def read_bindings(source: str) -> dict[str, str]:
    """Access paths by local name; the last binding before the end of `source` wins, what nothing is known of is ""."""
    tree = grammar().parse(source)
    bindings: dict[str, str] = {}
    matches = grammar().matches(tree.root, "locals.scm")
    for kind, _, captures in in_text_order(matches, _KINDS):
        if kind in ("function", "lambda"):
            listed = captures["parameters"][0]
            for name, type_ in parameters(tree, listed):  # one without a type may name a fixture
                bindings[name] = f"<{type_}>" if type_ else f"{name}@fixture" if kind == "function" else ""
            bindings.update((name, path) for name, path in default_paths(tree, listed) if path)
        else:
            _BINDERS[kind](tree, captures, bindings)
    return {name: path for name, path in bindings.items() if name not in ("self", "cls")}


def read_statement_bindings(source: str, hole: int, bindings: dict[str, str]) -> dict[str, str]:
    """The bindings with those of the comprehensions and lambdas around the position `hole` of an unfinished statement,
    and of the tests and `:=` before it. `source` is the statement, made to parse."""
    tree = grammar().parse(source)
    at = len(source[:hole].encode())
    found = dict(bindings)
    matches = grammar().matches(tree.root, "locals.scm")
    for kind, node, captures in in_text_order(matches, _KINDS):
        if kind == "lambda" or (kind == "loop" and node.type == "for_in_clause"):
            around = node if kind == "lambda" else node.parent
            if around is not None and around.start_byte <= at <= around.end_byte:
                (_lambda if kind == "lambda" else _loop)(tree, captures, found)
        elif kind in ("assignment", "isinstance") and node.end_byte <= at and node.type != "assignment":
            _BINDERS[kind](tree, captures, found)
    return found


def _lambda(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """The parameters of a lambda are what the function that takes it passes to it."""
    callback = captures["lambda"][0]
    given = _given_to(tree, callback)
    for index, (name, _) in enumerate(parameters(tree, captures["parameters"][0])):
        path = "" if not given else given if given.endswith("[]") else f"{given}{{{index}}}"
        bindings[name] = _without_self_reference(name, path, bindings)


def _given_to(tree: SyntaxTree, callback: Node) -> str:
    """The type of the parameter for which a function is given, or what the standard library passes to it."""
    argument = callback
    keyword = ""
    if argument.parent is not None and argument.parent.type == "keyword_argument":
        argument = argument.parent
        named = argument.child_by_field_name("name")
        keyword = tree.text(named) if named is not None else ""
    listed = argument.parent
    call = listed.parent if listed is not None and listed.type == "argument_list" else None
    function = call.child_by_field_name("function") if call is not None else None
    if listed is None or call is None or function is None:
        return ""
    called = access_path(tree, function)
    values = [child for child in listed.named_children if child.type != "comment"]
    if called in _ELEMENTWISE:
        source = values[1] if called in ("map", "filter") and len(values) > 1 else values[0]
        path = "" if source == argument else access_path(tree, source)
        return f"{path}[]" if path else ""
    if called.endswith(".sort"):
        return called.removesuffix(".sort") + "[]"
    position = next((index for index, child in enumerate(values) if child == argument), 0)
    return f"{called}{{{keyword or position}}}" if called else ""


# Functions of the standard library that call what they take with an element of something else that they take.
_ELEMENTWISE = frozenset({"max", "min", "sorted", "map", "filter", "groupby", "itertools.groupby"})


def _assignment(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    name = tree.text(captures["name"][0])
    declared, value = captures.get("type"), captures.get("value")
    type_ = type_text(tree.text(declared[0])) if declared else ""
    path = f"<{type_}>" if type_ else access_path(tree, value[0] if value else None)
    bindings[name] = _without_self_reference(name, path, bindings)


def _unpacking(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    names = [child for child in captures["names"][0].named_children if child.type == "identifier"]
    value = captures["value"][0]
    values = value.named_children if value.type == "expression_list" and value.named_child_count == len(names) else []
    path = access_path(tree, value)
    for index, name in enumerate(names):
        own = access_path(tree, values[index]) if values else (f"{path}[{index}]" if path else "")
        bindings[tree.text(name)] = _without_self_reference(tree.text(name), own, bindings)


def _loop(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    target, value = captures["names"][0], captures["value"][0]
    path = access_path(tree, value)
    names = [child for child in (target.named_children or [target]) if child.type == "identifier"]
    if len(names) == 1:
        name = tree.text(names[0])
        bindings[name] = _without_self_reference(name, path + "[]" if path else "", bindings)
        return
    pairs = _PAIRS.match(path)
    for index, node in enumerate(names):
        element = f"{path}[][{index}]" if path else ""
        if pairs is not None:
            element = f"{pairs[1]}[]" if index else ""
        elif path == "enumerate()" and index and (first := _first_argument(tree, value)):
            element = f"{first}[]"
        bindings[tree.text(node)] = element


def _with(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    path = access_path(tree, captures["value"][0])
    bindings[tree.text(captures["name"][0])] = path + ".__enter__()" if path else ""


def _except(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    value = captures["value"][0]
    kinds = value.named_children if value.type == "tuple" else [value]
    bindings[tree.text(captures["name"][0])] = f"<{' | '.join(type_text(tree.text(kind)) for kind in kinds)}>"


def _isinstance(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """After a test the name is most likely of the tested type; what it was before stays possible."""
    name, value = tree.text(captures["name"][0]), captures["value"][0]
    kinds = value.named_children if value.type == "tuple" else [value]
    narrowed = f"<{' | '.join(type_text(tree.text(kind)) for kind in kinds)}>"
    earlier = bindings.get(name, "")
    bindings[name] = f"{narrowed}|{earlier}" if earlier else narrowed


def _case(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """`case Class():` reveals the class of the match subject, if the subject is a name."""
    subject = _subject(captures["case"][0])
    if subject is not None and subject.type == "identifier":
        bindings[tree.text(subject)] = f"<{tree.text(captures['value'][0])}>"


_BINDERS = {
    "assignment": _assignment,
    "unpacking": _unpacking,
    "loop": _loop,
    "with": _with,
    "except": _except,
    "isinstance": _isinstance,
    "case": _case,
}


def _subject(clause: Node) -> Node | None:
    node = clause.parent
    while node is not None and node.type != "match_statement":
        node = node.parent
    return node.child_by_field_name("subject") if node is not None else None


def _first_argument(tree: SyntaxTree, call: Node) -> str:
    arguments = call.child_by_field_name("arguments")
    return access_path(tree, arguments.named_child(0)) if arguments is not None and arguments.named_child_count else ""


def _without_self_reference(name: str, path: str, bindings: dict[str, str]) -> str:
    """`x = x.strip()` speaks of the earlier x: put in what that was, so that paths never lead back to themselves."""
    return put_in(path, name, bindings.get(name, "")) if path else ""
