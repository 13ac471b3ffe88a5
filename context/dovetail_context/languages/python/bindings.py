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
_Found = str | list["_Found"]  # an access path, or those of the parts of a value
_GATHERING = frozenset({"asyncio.gather", "gather"})
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
                (_lambda if kind == "lambda" else loop)(tree, captures, found)
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
    value = captures["value"][0]
    _bind(tree, captures["names"][0], _parts(tree, value) or access_path(tree, value), bindings)


def loop(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """Bind what a `for` binds."""
    _bind(tree, captures["names"][0], _element(tree, captures["value"][0]), bindings)


def _bind(tree: SyntaxTree, target: Node, found: _Found, bindings: dict[str, str]) -> None:
    """Bind the names of a target, which may be several in brackets, to a path or to one for each of them."""
    if target.type == "identifier":
        name = tree.text(target)
        bindings[name] = _without_self_reference(name, found if isinstance(found, str) else "", bindings)
    elif target.type in ("pattern_list", "tuple_pattern", "list_pattern"):
        earlier = dict(bindings)  # a, b = b, a
        for index, child in enumerate(target.named_children):
            inner = dict(earlier)
            _bind(tree, child, _part(found, index), inner)
            bindings.update((name, path) for name, path in inner.items() if earlier.get(name) != path)


def _part(found: _Found, index: int) -> _Found:
    if isinstance(found, str):
        return f"{found}[{index}]" if found else ""
    return found[index] if index < len(found) else ""


def _parts(tree: SyntaxTree, value: Node) -> list[_Found]:
    """The paths of values that are written one by one; empty for any other value."""
    if value.type in ("expression_list", "tuple"):
        return [access_path(tree, child) for child in value.named_children]
    inner = value.named_child(0) if value.type == "await" else None
    if inner is not None and inner.type == "call" and _called(tree, inner) in _GATHERING:
        return [f"{path}~" if path else "" for path in (access_path(tree, each) for each in _arguments(inner))]
    return []


def _element(tree: SyntaxTree, value: Node) -> _Found:
    """What a loop over a value gives: a path, or those of its parts."""
    called = _called(tree, value)
    if called == "enumerate":
        return ["<int>", *(_element(tree, each) for each in _arguments(value)[:1])]
    if called == "zip":
        return [_element(tree, each) for each in _arguments(value)]
    path = access_path(tree, value)
    pairs = _PAIRS.match(path)
    if pairs is not None:
        return ["", f"{pairs[1]}[]"]
    return f"{path}[]" if path else ""


def entered(tree: SyntaxTree, captures: Match, bindings: dict[str, str]) -> None:
    """Bind what a `with` binds."""
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
    """`case Class(field=name):` reveals the class of the match subject, if that is a name, and binds names."""
    subject = _subject(captures["case"][0])
    narrowed = _pattern(tree, captures["value"][0], access_path(tree, subject), bindings)
    if subject is not None and subject.type == "identifier" and narrowed:
        bindings[tree.text(subject)] = narrowed


def _pattern(tree: SyntaxTree, node: Node, path: str, bindings: dict[str, str]) -> str:
    """Bind the names in a pattern that is matched with `path`; return what the pattern says about that."""
    children = node.named_children
    if node.type == "case_pattern" and children:
        return _pattern(tree, children[0], path, bindings)
    if node.type == "class_pattern":
        narrowed = f"<{tree.text(children[0])}>"
        for index, child in enumerate(children[1:]):
            inner = child.named_child(0) if child.type == "case_pattern" else child
            if inner is not None and inner.type == "keyword_pattern" and inner.named_child_count > 1:
                field, value = inner.named_children[0], inner.named_children[-1]
                _pattern(tree, value, f"{narrowed}.{tree.text(field)}", bindings)
            else:
                _pattern(tree, child, f"{narrowed}[{index}]", bindings)
        return narrowed
    if node.type == "as_pattern" and len(children) > 1:
        narrowed = _pattern(tree, children[0], path, bindings)
        bindings[tree.text(children[-1])] = narrowed or path
        return narrowed
    if node.type == "dotted_name" and len(children) == 1 and tree.text(node) != "_":
        bindings[tree.text(node)] = path
    elif node.type in ("list_pattern", "tuple_pattern", "union_pattern"):
        is_one = node.type == "union_pattern"
        for index, child in enumerate(children):
            _pattern(tree, child, path if is_one or not path else f"{path}[{index}]", bindings)
    return ""


_BINDERS = {
    "assignment": _assignment,
    "unpacking": _unpacking,
    "loop": loop,
    "with": entered,
    "except": _except,
    "isinstance": _isinstance,
    "case": _case,
}


def _subject(clause: Node) -> Node | None:
    node = clause.parent
    while node is not None and node.type != "match_statement":
        node = node.parent
    return node.child_by_field_name("subject") if node is not None else None


def _called(tree: SyntaxTree, node: Node) -> str:
    """What a call calls, "" for anything else."""
    function = node.child_by_field_name("function") if node.type == "call" else None
    return access_path(tree, function) if function is not None else ""


def _arguments(call: Node) -> list[Node]:
    """The arguments of a call that are given by their places."""
    listed = call.child_by_field_name("arguments")
    children = listed.named_children if listed is not None else []
    return [child for child in children if child.type not in ("comment", "keyword_argument")]


def _without_self_reference(name: str, path: str, bindings: dict[str, str]) -> str:
    """`x = x.strip()` speaks of the earlier x: put in what that was, so that paths never lead back to themselves."""
    return put_in(path, name, bindings.get(name, "")) if path else ""
