"""Rust's `use` trees and module declarations, and the crates that paths in the text begin with."""

import re
from collections.abc import Iterator

from dovetail_context.languages.numbered import numbered
from dovetail_context.records.record import Import
from dovetail_context.syntax import Node, SyntaxTree

# Paths in code begin with a crate, a module or a type; what `use` or `mod` does not bind may be a crate. It is read
# backwards, as Python searches fast for what begins with plain characters: `dcba::` for `abcd::`.
_TOOR = re.compile(r"::(?<!<::)(\w*[a-z_])(?![\w:.'])")
# It follows on a line end, for which Python searches fast, too.
_INLINE_MODULE = re.compile(r"\n[ \t]*(?:pub(?:\([^)\n]*\))?[ \t]+)?mod[ \t]+([A-Za-z_]\w*)\s*\{")
_INCLUDED = re.compile(r"^[ \t]*include!\s*[({\[]\s*\"(?P<path>[^\"\n]+\.rs)\"", re.MULTILINE)
_RUST_OWN = frozenset({"std", "core", "alloc", "Self"})
MAX_DEPTH = 16  # of nested braces in a use tree


def read_use(tree: SyntaxTree, argument: Node, line: int) -> Iterator[Import]:
    """The names that a `use` declaration binds."""
    yield from _use(tree, argument, "", line, 0)


def implied_imports(text: str, bound: frozenset[str]) -> Iterator[Import]:
    """What needs no `use`: `crate`, `self`, `super` and the crates with which paths of the text begin."""
    roots = {name[::-1] for name in set(_TOOR.findall(text[::-1]))}
    for root in sorted(roots - bound - _RUST_OWN):
        yield Import(root, "", root, 0)


def included_files(text: str) -> Iterator[Import]:
    """The files that `include!` puts into a file: all their names are its own."""
    if "include!" in text:
        for line, match in numbered(_INCLUDED, text, "path"):
            yield Import(f"./{match['path'].removeprefix('./')}", "*", "", line)


def module_import(name: str, path: str, line: int) -> Import:
    """`mod name;`, whose file `#[path]` may name."""
    return Import(f"./{path}" if path else f"self::{name}", "", name, line)


def through_path_attributes(imports: list[Import]) -> list[Import]:
    """The imports, those that begin with a module whose file `#[path]` names led to that file."""
    files = {imported.alias: imported.module for imported in imports if imported.module.startswith("./")}
    return [_through(imported, files) for imported in imports] if files else imports


def _through(imported: Import, files: dict[str, str]) -> Import:
    first, separator, rest = imported.module.removeprefix("self::").partition("::")
    if first not in files or imported.module.startswith("./"):
        return imported
    return Import(files[first] + separator + rest, imported.name, imported.alias, imported.line)


def _use(tree: SyntaxTree, node: Node, base: str, line: int, depth: int) -> Iterator[Import]:
    kind = node.type
    if depth > MAX_DEPTH:
        return
    if kind in ("identifier", "scoped_identifier", "self", "crate", "super"):
        yield from _bound(_joined(base, _path(tree, node)), "", line)
    elif kind == "use_as_clause":
        path, alias = node.child_by_field_name("path"), node.child_by_field_name("alias")
        if path is not None:
            yield from _bound(_joined(base, _path(tree, path)), tree.text(alias) if alias is not None else "", line)
    elif kind == "use_wildcard":
        inner = node.named_child(0) if node.named_child_count else None
        module = _joined(base, _path(tree, inner) if inner is not None else "")
        if module:
            yield Import(module, "*", "", line)
    elif kind in ("scoped_use_list", "use_list"):
        path = node.child_by_field_name("path")
        inside = _joined(base, _path(tree, path)) if path is not None else base
        listing = node.child_by_field_name("list") if kind == "scoped_use_list" else node
        for child in listing.named_children if listing is not None else ():
            yield from _use(tree, child, inside, line, depth + 1)


def _bound(path: str, alias: str, line: int) -> Iterator[Import]:
    """`a::b::C` takes C from a::b; `a::b::{self}` binds the module itself."""
    if path.endswith("::self"):
        module = path.removesuffix("::self")
        yield Import(module, "", alias or module.rpartition("::")[2], line)
        return
    module, _, name = path.rpartition("::")
    if alias == "_" or not name:
        return
    if module:
        yield Import(module, name, alias or name, line)
    else:
        yield Import(name, "", alias or name, line)


def _path(tree: SyntaxTree, node: Node) -> str:
    return re.sub(r"\s+", "", tree.text(node)).removeprefix("::").removeprefix("r#")


def _joined(base: str, path: str) -> str:
    return f"{base}::{path}" if base and path else base or path


def inline_modules(text: str) -> tuple[str, ...]:
    """The names of the modules that a text writes between braces."""
    names = dict.fromkeys(_INLINE_MODULE.findall("\n" + text)) if "mod " in text else {}
    return tuple(name for name in names if name != "tests")  # nobody imports from those
