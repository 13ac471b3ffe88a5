"""What TypeScript's files import and export: read from the tree, and from the text where the tree is broken.

An export under another name (`export { a as b }`, `export default a`) is an import of the file from itself, so that
code that follows names needs to know only one kind of alias.
"""

import re
from collections.abc import Iterator

from dovetail_context.languages.numbered import numbered
from dovetail_context.languages.typescript.expressions import string_value
from dovetail_context.records.record import Import
from dovetail_context.syntax import Node, SyntaxTree

_FROM = re.compile(
    r"^[ \t]*(?P<keyword>import|export)\s+(?:type\s+)?"
    r"(?P<what>(?:[\w$]+\s*,?\s*)?(?:\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})?)\s*from\s*(?P<quote>['\"])(?P<module>[^'\"\n]+)(?P=quote)",
    re.MULTILINE,
)
_NAME = re.compile(r"(?:type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?")
_REQUIRED = re.compile(
    r"(?:^[ \t]+|[;{}][ \t]*)(?:const|let|var)[ \t]+(?P<name>[\w$]+|\{[^{}()=]*\})[ \t]*=[ \t]*"
    r"(?:await[ \t]+import|require)\([ \t]*['\"](?P<module>[^'\"\n]+)['\"][ \t]*\)",
    re.MULTILINE,
)
_TAKEN = re.compile(r"([\w$]+)(?:\s*:\s*([\w$]+))?")
_NAMESPACE = re.compile(r"\*\s+as\s+([\w$]+)")


def own_module(path: str) -> str:
    """A file as an import inside it would write it."""
    return "./" + path.rpartition("/")[2]


def read_import(tree: SyntaxTree, node: Node) -> Iterator[Import]:
    """The names bound by an import statement."""
    line = node.start_point[0] + 1
    module = string_value(tree, node.child_by_field_name("source"))
    for clause in node.named_children:
        if clause.type == "import_require_clause":
            required = string_value(tree, clause.child_by_field_name("source"))
            if clause.named_child_count and required:
                yield from required_module(required, tree.text(clause.named_children[0]), line)
        elif clause.type == "import_clause" and module:
            for part in clause.named_children:
                if part.type == "identifier":
                    yield Import(module, "default", tree.text(part), line)
                elif part.type == "namespace_import" and part.named_child_count:
                    yield Import(module, "", tree.text(part.named_children[0]), line)
                elif part.type == "named_imports":
                    yield from _named(tree, part, module, line)


def read_export(tree: SyntaxTree, node: Node, own: str) -> Iterator[Import]:
    """What an export statement without a declaration offers; `own` is the file itself as a module."""
    line = node.start_point[0] + 1
    module = string_value(tree, node.child_by_field_name("source"))
    clause = next((child for child in node.named_children if child.type in ("export_clause", "namespace_export")), None)
    if clause is None:
        if module:
            yield Import(module, "*", "", line)
    elif clause.type == "namespace_export":
        if module and clause.named_child_count:
            yield Import(module, "", tree.text(clause.named_children[0]), line)
    else:
        yield from _named(tree, clause, module or own, line)


def required_module(module: str, alias: str, line: int) -> Iterator[Import]:
    """`const x = require("m")` is the module, or the one value that the module exports."""
    yield Import(module, "", alias, line)
    yield Import(module, "default", alias, line)


def required(tree: SyntaxTree, node: Node | None) -> str:
    """The module that `require("m")` or `import("m")` names, "" for other expressions."""
    if node is None or node.type != "call_expression":
        return ""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None or not arguments.named_child_count:
        return ""
    if function.type != "import" and tree.text(function) != "require":
        return ""
    return string_value(tree, arguments.named_child(0))


def required_inside(text: str, known_lines: set[int]) -> Iterator[Import]:
    """What functions import: `const x = require("m")` and `await import("m")`; `known_lines` are not read again."""
    if "require(" not in text and ("import(" not in text or "await" not in text):
        return
    for line, match in numbered(_REQUIRED, text, "name"):
        if line in known_lines:
            continue
        module, name = match["module"], match["name"]
        if not name.startswith("{"):
            yield from required_module(module, name, line)
            continue
        for each, alias in _TAKEN.findall(name):
            yield Import(module, each, alias or each, line)


def recover_imports(text: str, known_lines: set[int], own: str) -> Iterator[Import]:
    """Imports and re-exports that the tree lost in an ERROR node; `known_lines` are not read again."""
    for line, match in numbered(_FROM, text, "keyword"):
        if line in known_lines:
            continue
        module, what = match["module"], match["what"]
        namespace = _NAMESPACE.search(what)
        if namespace is not None:
            yield Import(module, "", namespace[1], line)
        elif "*" in what:
            yield Import(module, "*", "", line)
        default = re.match(r"[\w$]+", what)
        if default is not None:
            yield Import(module, "default", default[0], line)
        for name, alias in _NAME.findall(what.partition("{")[2]):
            yield Import(module, name, alias or name, line)


def _named(tree: SyntaxTree, clause: Node, module: str, line: int) -> Iterator[Import]:
    for each in clause.named_children:
        name, alias = each.child_by_field_name("name"), each.child_by_field_name("alias")
        if name is not None:
            written = tree.text(name)
            yield Import(module, written, tree.text(alias) if alias is not None else written, line)
