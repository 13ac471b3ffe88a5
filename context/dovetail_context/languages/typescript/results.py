"""What a function without a declared type returns, as an access path in terms of its file's top level."""

from collections.abc import Iterator
from itertools import islice

from dovetail_context.languages.typescript.expressions import MAX_ACCESS_CHARS, access_path
from dovetail_context.languages.typescript.signatures import parameter_paths, pattern_paths
from dovetail_context.languages.typescript.types import Constraints
from dovetail_context.records.access import alternatives, base_name, put_in
from dovetail_context.syntax import Node, SyntaxTree

# Statements that hold other statements of the same function.
_BLOCKS = frozenset(
    {
        "statement_block",
        "if_statement",
        "else_clause",
        "for_statement",
        "for_in_statement",
        "while_statement",
        "do_statement",
        "try_statement",
        "catch_clause",
        "finally_clause",
        "switch_statement",
        "switch_body",
        "switch_case",
        "switch_default",
        "labeled_statement",
    }
)
_WRAPPERS = frozenset({"parenthesized_expression", "as_expression", "satisfies_expression"})
MAX_MEMBERS = 80  # of a returned object; larger ones are tables of data
MAX_STATEMENTS = 400  # a longer function returns what nobody follows by its first return


def result_path(tree: SyntaxTree, function: Node, constraints: Constraints) -> str:
    """Return the first informative `return`, with parameters and local variables replaced by their values."""
    body = function.child_by_field_name("body")
    if body is None:
        return ""
    if body.type != "statement_block":
        return _resolved(tree, access_path(tree, body), function, [], constraints)
    statements = list(islice(_statements(body), MAX_STATEMENTS))
    for statement in statements:
        if statement.type == "return_statement" and statement.named_child_count:
            path = access_path(tree, statement.named_child(0))
            if path and not path.startswith("<"):
                path = _resolved(tree, path, function, statements, constraints)
            if path:
                return path
    return ""


def returned_object(function: Node) -> Node | None:
    """The object or the class body that a function writes out as its result; None if it returns anything else."""
    body = function.child_by_field_name("body")
    if body is None:
        return None
    returned = [body]
    if body.type == "statement_block":
        statements = islice(_statements(body), MAX_STATEMENTS)
        returned = [
            value
            for each in statements
            if each.type == "return_statement" and (value := each.named_child(0) if each.named_child_count else None)
        ]
    for value in returned:
        if value.type == "identifier":  # const api = { ... }; return api
            value = _declared_object(body, value) or value
        while value.type in _WRAPPERS and value.named_child_count and (inner := value.named_child(0)) is not None:
            value = inner
        if value.type == "object" and 0 < value.named_child_count <= MAX_MEMBERS:
            return value
        if value.type == "class":
            return value.child_by_field_name("body")
    return None


def _declared_object(body: Node, name: Node) -> Node | None:
    """The object that a statement of a function's body gives a name to."""
    for statement in islice(_statements(body), MAX_STATEMENTS):
        for declarator in statement.named_children if statement.type != "return_statement" else ():
            named, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
            if named is not None and value is not None and named.text == name.text and value.type == "object":
                return value
    return None


def _statements(block: Node) -> Iterator[Node]:
    """The statements of a function in text order; a chain of `else if` is nested deeply."""
    pending = list(reversed(block.named_children))
    while pending:
        child = pending.pop()
        if child.type in _BLOCKS:
            pending.extend(reversed(child.named_children))
        elif child.type in ("return_statement", "lexical_declaration", "variable_declaration"):
            yield child


def _resolved(tree: SyntaxTree, path: str, function: Node, statements: list[Node], constraints: Constraints) -> str:
    if not path or path.startswith("<"):
        return path
    local = parameter_paths(tree, function.child_by_field_name("parameters"), constraints)
    single = function.child_by_field_name("parameter")
    if single is not None:
        local[tree.text(single)] = ""
    wanted = {base_name(part) for part in alternatives(path)}
    for statement in reversed(statements):
        if statement.type == "return_statement":
            continue
        for declarator in statement.named_children:
            name, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
            if name is None or (name.type == "identifier" and tree.text(name) not in wanted):
                continue
            for each, bound in pattern_paths(tree, name, access_path(tree, value)):
                if each in wanted and each not in local:
                    local[each] = bound
                    wanted.update(base_name(part) for part in alternatives(bound))
    for _ in range(3):  # a local name may refer to another one
        for base in {base_name(part): None for part in alternatives(path)}:
            if base in local:
                path = put_in(path, base, local[base])
    return path if len(path) <= MAX_ACCESS_CHARS else ""
