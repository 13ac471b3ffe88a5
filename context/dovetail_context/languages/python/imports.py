"""Python's import statements: read from the tree, and from the text where the tree is broken."""

import re
from collections.abc import Iterator
from keyword import iskeyword

from dovetail_context.languages.numbered import numbered
from dovetail_context.records.record import Import
from dovetail_context.syntax import Node, SyntaxTree

# An open parenthesis goes on over lines that are indented or empty, or that close it: a half-typed one ends at the next
# statement.
_FROM = re.compile(
    r"^[ \t]*from[ \t]+(?P<module>\.*[ \t]*[\w.]*)[ \t]+import[ \t]+"
    r"(?:\((?P<many>[^)\n]*(?:\n(?:[ \t]+[\w#][^)\n]*|[ \t]*(?=[)\n])))*)|(?P<names>[^\n;#(]*))",
    re.MULTILINE,
)
_ONE = r"[\w.]+(?:[ \t]+as[ \t]+\w+)?"
_IMPORT = re.compile(rf"^[ \t]*import[ \t]+(?P<names>{_ONE}(?:[ \t]*,[ \t]*{_ONE})*)", re.MULTILINE)
_NAME = re.compile(r"([\w.]+|\*)(?:[ \t]+as[ \t]+(\w+))?")
_COMMENT = re.compile(r"#[^\n]*")


def read_import(tree: SyntaxTree, node: Node) -> Iterator[Import]:
    """The names bound by an `import` or `from ... import` node."""
    line = node.start_point[0] + 1
    names = node.children_by_field_name("name")
    if node.type == "import_statement":
        for child in names:
            yield from _module_imports(*_name_and_alias(tree, child), line)
        return
    module_node = node.child_by_field_name("module_name")
    module = tree.text(module_node).replace(" ", "") if module_node is not None else ""
    if not module:
        return
    if any(child.type == "wildcard_import" for child in node.named_children):
        yield Import(module, "*", "", line)
    for child in names:
        name, alias = _name_and_alias(tree, child)
        yield Import(module, name, alias or name, line)


def recover_imports(text: str, known_lines: set[int]) -> Iterator[Import]:
    """Imports that the tree lost in an ERROR node, read line by line; `known_lines` are not read again."""
    for line, match in numbered(_FROM, text, "module"):
        if line in known_lines:
            continue
        module = match["module"].replace(" ", "").replace("\t", "")
        for name, alias in _NAME.findall(_COMMENT.sub("", match["many"] or match["names"] or "")):
            if module and (name == "*" or name.isidentifier()) and not iskeyword(name):
                yield Import(module, name, "" if name == "*" else alias or name, line)
    for line, match in numbered(_IMPORT, text, "names"):
        if line in known_lines:
            continue
        for name, alias in _NAME.findall(match["names"]):
            yield from _module_imports(name, alias, line)


def _module_imports(name: str, alias: str, line: int) -> Iterator[Import]:
    """`import a.b` binds `a`, through which `a.b` is reached; `import a.b as c` is `from a import b as c`."""
    package, _, module = name.rpartition(".")
    if alias and package:
        yield Import(package, module, alias, line)
        return
    first = name.partition(".")[0]
    yield Import(first, "", alias or first, line)
    if first != name:
        yield Import(name, "", "", line)


def _name_and_alias(tree: SyntaxTree, node: Node) -> tuple[str, str]:
    if node.type == "aliased_import":
        name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
        return (tree.text(name) if name is not None else "", tree.text(alias) if alias is not None else "")
    return tree.text(node).replace(" ", ""), ""
