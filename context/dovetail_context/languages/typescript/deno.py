"""The import map of Deno: `imports` of the nearest deno.json or import_map.json, and the names of workspace members."""

from collections.abc import Iterator, Mapping
from typing import Any

from dovetail_context.languages.paths import folders_up, join, parent
from dovetail_context.workspace.manifest import ProjectText, Shapes, kept_text, read_json_with_comments

FILE_NAMES = ("deno.json", "deno.jsonc", "import_map.json", "importMap.json", "jsr.json")
_SHAPES: Shapes = {
    ("name",): (str,),
    ("exports",): (str, dict),
    ("imports",): (dict,),
    ("importMap",): (str,),
}


def read_deno(text: str) -> ProjectText:
    """Read a deno.json, or an import map."""
    return kept_text(read_json_with_comments(text), _SHAPES)


class ImportMaps:
    """The import maps of one workspace."""

    def __init__(self, projects: Mapping[str, str]) -> None:
        self._files = {
            path: read_json_with_comments(text).value
            for path, text in sorted(projects.items())
            if path.rpartition("/")[2] in FILE_NAMES
        }
        self.packages = {path: content for path, content in self._files.items() if isinstance(content.get("name"), str)}

    def places(self, module: str, folder: str) -> Iterator[str]:
        """Where a module may be by the nearest import maps: the longest entry first."""
        if not self._files:
            return
        for above in folders_up(folder):
            for name in FILE_NAMES:
                path = join(above, name)
                if path in self._files:
                    yield from self._mapped(module, path or name)

    def specifier(self, module: str, folder: str) -> str:
        """The name that an import map gives to a package of a registry (`jsr:@a/b@1` is `@a/b`); else `module`."""
        for above in folders_up(folder) if self._files else ():
            for name in FILE_NAMES:
                target = _imports(self._files.get(join(above, name) or name, {})).get(module)
                if isinstance(target, str) and target.startswith(("jsr:", "npm:")):
                    return without_version(target.partition(":")[2])
        return module

    def _mapped(self, module: str, path: str) -> Iterator[str]:
        content = self._files[path]
        other = content.get("importMap")
        mapped = join(parent(path), other) if isinstance(other, str) else None
        if mapped in self._files and mapped != path and not isinstance(self._files[mapped].get("importMap"), str):
            yield from self._mapped(module, mapped)
        for key, target in sorted(_imports(content).items(), key=lambda one: -len(one[0])):
            if not isinstance(target, str) or not target.startswith(("./", "../", "/")):
                continue
            if module == key or (key.endswith("/") and module.startswith(key)):
                place = join(parent(path), target + module[len(key) :])
                if place is not None:
                    yield place


def without_version(name: str) -> str:
    """The name of a package without the version behind its last `@`."""
    return name[: name.index("@", 1)] if "@" in name[1:] else name


def _imports(content: dict[str, Any]) -> dict[str, Any]:
    found = content.get("imports")
    return found if isinstance(found, dict) else {}
