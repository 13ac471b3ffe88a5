"""Imports that a tags query found, as `Import` values."""

import re
from collections.abc import Iterator

from dovetail_context.languages.generic.events import Event
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.records.record import Import
from dovetail_context.syntax import SyntaxTree


def read_import(event: Event, tree: SyntaxTree, profile: Profile) -> Iterator[Import]:
    """The names that an import binds; one that ends with a star binds all names of its module."""
    line = event.node.start_point[0] + 1
    if event.kind == "import.whole":
        yield from _from_text(tree.text(event.node), line)
        return
    alias_node, prefix_node = event.one("alias"), event.one("prefix")
    alias = profile.symbol_name(tree.text(alias_node)) if alias_node is not None else ""
    prefix = profile.module_name(tree.text(prefix_node)) + "." if prefix_node is not None else ""
    for node in event.all("module"):
        module = prefix + profile.module_name(tree.text(node))
        last = module.rpartition("." if "/" not in module else "/")[2]
        if event.kind == "import.members":
            yield Import(module, f"{last}.*", "", line)
        elif event.kind == "import.all" or tree.text(event.node).rstrip("; ").endswith("*"):
            yield Import(module.removesuffix(".*"), "*", "", line)
        elif event.kind == "import.module":
            yield Import(module, "", alias or last, line)
        else:
            yield Import(module, last, alias or last, line)


_WORDS = re.compile(r"^import\s+")
_SELECTED = re.compile(r"\s*(\w+)\s*(?:(?:=>|\bas\b)\s*(\w+)\s*)?(?:,|$)")


def _from_text(source: str, line: int) -> Iterator[Import]:
    """`import a.b.{C, D => E}, f.g._` as single imports."""
    for part in re.split(r",(?![^{}]*\})", _WORDS.sub("", source.strip())):
        path, brace, selected = part.strip().partition("{")
        module = path.strip().rstrip(".")
        if brace:
            for match in _SELECTED.finditer(selected.rstrip("} \n")):
                if match[1] == "_":
                    yield Import(module, "*", "", line)
                else:
                    yield Import(f"{module}.{match[1]}", match[1], match[2] or match[1], line)
        elif module.endswith(("._", ".*")):
            yield Import(module[:-2], "*", "", line)
        elif module:
            last = module.rpartition(".")[2]
            yield Import(module, last, last, line)
