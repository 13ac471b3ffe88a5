"""Imports that a tags query found, as `Import` values."""

from collections.abc import Iterator

from dovetail_context.languages.generic.events import Event
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.records.record import Import
from dovetail_context.syntax import SyntaxTree


def read_import(event: Event, tree: SyntaxTree, profile: Profile) -> Iterator[Import]:
    """The names that an import binds; one that ends with a star binds all names of its module."""
    line = event.node.start_point[0] + 1
    alias_node, prefix_node = event.one("alias"), event.one("prefix")
    alias = profile.symbol_name(tree.text(alias_node)) if alias_node is not None else ""
    prefix = profile.module_name(tree.text(prefix_node)) + "." if prefix_node is not None else ""
    for node in event.all("module"):
        module = prefix + profile.module_name(tree.text(node))
        last = module.rpartition("." if "/" not in module else "/")[2]
        if event.kind == "import.all" or event.one("all") is not None or last in ("*", "_"):
            yield Import(module.removesuffix(".*").removesuffix("._"), "*", "", line)
        elif event.kind == "import.module":
            yield Import(module, "", alias or last, line)
        else:
            yield Import(module, last, alias or last, line)
