"""Python's import statements: read from the tree, and from the text where the tree is broken."""

import re
from collections.abc import Iterator

from dovetail_context.index.record import Import
from dovetail_context.syntax import Node, SyntaxTree

_FROM = re.compile(
    r"^[ \t]*from[ \t]+(?P<module>\.*[ \t]*[\w.]*)[ \t]+import[ \t]+(?:\((?P<many>[^)]*)\)?|(?P<names>[^\n;#(]*))",
    re.MULTILINE,
)
_IMPORT = re.compile(
    r"^[ \t]*import[ \t]+(?P<names>[\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)",
    re.MULTILINE,
)
_NAME = re.compile(r"([\w.]+|\*)(?:[ \t]+as[ \t]+(\w+))?")
_COMMENT = re.compile(r"#[^\n]*")


def read_import(tree: SyntaxTree, node: Node) -> Iterator[Import]:
    """The names bound by an `import` or `from ... import` node."""
    line = node.start_point[0] + 1
    names = node.children_by_field_name("name")
    if node.type == "import_statement":
        for child in names:
            yield _module_import(*_name_and_alias(tree, child), line)
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
    for match in _FROM.finditer(text):
        line = text.count("\n", 0, match.start("module")) + 1
        if line in known_lines:
            continue
        module = match["module"].replace(" ", "").replace("\t", "")
        for name, alias in _NAME.findall(_COMMENT.sub("", match["many"] or match["names"] or "")):
            if module and name:
                yield Import(module, name, "" if name == "*" else alias or name, line)
    for match in _IMPORT.finditer(text):
        line = text.count("\n", 0, match.start("names")) + 1
        if line in known_lines:
            continue
        for name, alias in _NAME.findall(match["names"]):
            yield _module_import(name, alias, line)


def _module_import(name: str, alias: str, line: int) -> Import:
    """`import a.b` binds `a` (and reaches `a.b` through it); `import a.b as c` binds the module itself."""
    return Import(name, "", alias or name, line)


def _name_and_alias(tree: SyntaxTree, node: Node) -> tuple[str, str]:
    if node.type == "aliased_import":
        name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
        return (tree.text(name) if name is not None else "", tree.text(alias) if alias is not None else "")
    return tree.text(node).replace(" ", ""), ""
