"""What a name in a file means: followed through imports, re-exports and star imports to its definitions."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.paths import nearest_first, parent
from dovetail_context.languages.registry import language_named
from dovetail_context.meaning.module_paths import (
    FACES,
    gathers,
    inside,
    is_declared_by_macros,
    is_default,
    module_name,
    own_symbols,
    passes_on,
)
from dovetail_context.records.record import FileRecord, Import, Symbol
from dovetail_context.work import checkpoint, counted

MAX_DEFINING = 40  # files that name a class and are looked through for its definition
MAX_DEFINING_BELOW = 12  # the same for a name that a module offers, highest files first
MAX_IMPORTS = 2000  # of one file
MAX_HOPS = 12  # re-exports through more files than this are a cycle or a mistake


class Definition(NamedTuple):
    """What a name means: a symbol of the file `path`, or (symbol None) a module. (Thousands are made for a question;
    a named tuple is made and compared several times as fast as a frozen dataclass.)

    A module is `module` as an import in the file `origin` would write it; `path` is its first file, "" if it has none.
    """

    path: str
    symbol: Symbol | None
    module: str = ""
    origin: str = ""


class Names:
    """Looks names up in one snapshot, remembering what it found."""

    def __init__(self, snapshot: IndexSnapshot) -> None:
        self._snapshot = snapshot
        self._records: dict[str, FileRecord | None] = {}
        self._known: dict[tuple[str, str], tuple[Definition, ...]] = {}
        self._known_qualified: dict[tuple[str, str], tuple[tuple[Definition, ...], int]] = {}
        self._known_exports: dict[str, dict[str, tuple[Definition, ...]]] = {}
        self._known_imports: dict[tuple[str, Import], tuple[Definition, ...]] = {}
        self._known_sources: dict[str, frozenset[str]] = {}
        self._known_stars: dict[str, tuple[tuple[str, str], ...]] = {}
        self._known_at_top: dict[str, Mapping[str, bool]] = {}
        self._tables: dict[tuple[str, ...], NameTable] = {}

    @property
    def held_records(self) -> int:
        """How many records are held."""
        return len(self._records)

    def record(self, path: str) -> FileRecord | None:
        """The record of a file. Held for as long as this lives: the index unpacks one that nobody holds each time."""
        if path not in self._records:
            self._records[path] = self._snapshot.files.get(path)
        return self._records[path]

    def top_level(self, path: str, name: str) -> tuple[Definition, ...]:
        """The definitions of `name` as seen at module level in `path`; empty if it is none of this project's."""
        key = (path, name)
        if key not in self._known:
            self._known[key] = self._look_up(path, name, frozenset())
        return self._known[key]

    def in_module(self, module: Definition, name: str) -> tuple[Definition, ...]:
        """What `module.name` means."""
        found = tuple(Definition(path, symbol) for path in self._paths_of(module) for symbol in self._own(path, name))
        if not found and module.path:
            found = self.top_level(module.path, name)
        return found or self._submodule(module.module, name, module.origin)

    def qualified(self, path: str, parts: Sequence[str]) -> tuple[tuple[Definition, ...], int]:
        """The class that a dotted name means which begins with a package or namespace, and how many parts name it."""
        record = self.record(path)
        if record is None or len(parts) < 2 or not language_named(record.language).rules.qualified_names:
            return (), 0
        key = (path, ".".join(parts))
        if key not in self._known_qualified:
            self._known_qualified[key] = self._qualified(record, parts[:MAX_HOPS])
        return self._known_qualified[key]

    def _qualified(self, record: FileRecord, parts: Sequence[str]) -> tuple[tuple[Definition, ...], int]:
        around = [package for package in record.packages if " " not in package]
        scopes = [".".join(each.split(".")[:length]) for each in around for length in range(each.count(".") + 1, 0, -1)]
        for place in range(len(parts) - 1, 0, -1):
            for scope in dict.fromkeys((*scopes, "")):
                module = ".".join([*([scope] if scope else []), *parts[:place]])
                for source in self._sources(module, record.path):
                    if found := self._own(source, parts[place]):
                        return tuple(Definition(source, symbol) for symbol in found), place + 1
        return (), 0

    def exported(self, module: Definition) -> dict[str, tuple[Definition, ...]]:
        """What a module offers by name: its public symbols, and for a package what it takes in from this project."""
        found: dict[str, tuple[Definition, ...]] = {}
        for record in self._files_of(module):
            found.update(self._exported_by(record))
            mark = language_named(record.language).rules.ambient_mark
            if mark and module_name(record.path) in FACES:  # macros are offered by the root of their crate
                ambient = self._table(self._snapshot.resolver(record.language).ambient(record.path))
                shown = ((name, self._shown(definitions, record)) for name, definitions in ambient.items())
                found.update((name, definitions) for name, definitions in shown if definitions)
        return found

    def visible(self, path: str) -> "NameTable":
        """The names of other files that `path` sees without naming them: of its package, and by star imports."""
        record = self.record(path)
        if record is None:
            return NameTable({}, self._snapshot.files)
        ambient = self._table(self._snapshot.resolver(record.language).ambient(path))
        if language_named(record.language).rules.ambient_mark:
            shown = [name for name, found in ambient.items() if self._shown(found, record)]
            return ambient.only(shown).and_then(self._table(self.star_sources(record)))
        return self._table(self.star_sources(record)).and_then(ambient)

    def taken_in(self, path: str) -> Iterator[tuple[str, tuple[Definition, ...]]]:
        """The static members of the classes all of whose members `path` imports, by name."""
        record = self.record(path)
        for source, container in self._stars(record) if record is not None else ():
            other = self.record(source) if container else None
            for name, symbols in counted(other.members(container).items()) if other is not None else ():
                if symbols[-1].static:
                    yield name, tuple(Definition(source, symbol) for symbol in symbols)

    def imported(self, imported: Import, path: str) -> tuple[Definition, ...]:
        """What an import statement of `path` binds."""
        key = (path, imported)
        found = self._known_imports.get(key)
        if found is None:
            found = self._known_imports[key] = self._follow(imported, path, frozenset())
        return found

    def module(self, module: str, path: str) -> tuple[Definition, ...]:
        """The module that an import statement of `path` names."""
        return self._module(module, path)

    def import_sources(self, path: str) -> frozenset[str]:
        """The files that the first imports of a file name themselves, without those that pass names on to them."""
        found = self._known_sources.get(path)
        if found is None:
            record = self.record(path)
            imports = counted(record.imports[:MAX_IMPORTS]) if record is not None else ()
            modules = dict.fromkeys(imported.module for imported in imports)
            found = frozenset(source for module in modules for source in self._sources(module, path))
            self._known_sources[path] = found
        return found

    def _exported_by(self, record: FileRecord) -> Mapping[str, tuple[Definition, ...]]:
        """What a file offers, with all that it passes on by star imports; its own names win."""
        found = self._known_exports.get(record.path)
        if found is None:
            found, pending, asked = {}, deque([record]), {record.path}
            while pending:
                current = pending.popleft()
                for name, definitions in counted(self._named_by(current)):
                    found.setdefault(name, definitions)
                for path, container in self._stars(current) if passes_on(current) else ():
                    other = self.record(path)
                    if other is not None and not container and path not in asked:
                        asked.add(path)
                        pending.append(other)
            self._known_exports[record.path] = found
        return found

    def _named_by(self, record: FileRecord) -> Iterator[tuple[str, tuple[Definition, ...]]]:
        """What a file offers by name."""
        names = record.exports
        if names is None:
            own = [name for name, symbols in record.members("").items() if symbols[-1].exported]
            taken = [alias for alias in record.imports_by_alias if alias and not alias.startswith("_")]
            names = (*own, *taken) if gathers(record) else tuple(own)
        for name in dict.fromkeys(names):
            if name != "*" and (definitions := self.top_level(record.path, name)):
                yield name, definitions

    def _files_of(self, module: Definition) -> tuple[FileRecord, ...]:
        """The files that make up a module, `module.path` first."""
        found = map(self.record, self._paths_of(module))
        return tuple(record for record in found if record is not None)

    def _paths_of(self, module: Definition) -> Iterable[str]:
        others = self._sources(module.module, module.origin) if module.module else ()
        return dict.fromkeys((module.path, *others))

    def _own(self, path: str, name: str) -> tuple[Symbol, ...]:
        """The symbols of a name at the top level of a file. A file that has none is not opened."""
        record = self.record(path) if name in self._at_top(path) else None
        return record.members("").get(name, ()) if record is not None else ()

    def _look_up(self, path: str, name: str, seen: frozenset[tuple[str, str]]) -> tuple[Definition, ...]:
        checkpoint()
        record = self.record(path)
        if record is None or (path, name) in seen or len(seen) > MAX_HOPS:
            return ()
        seen |= {(path, name)}
        found = [Definition(path, symbol) for symbol in own_symbols(record, name)]
        if len(seen) > 1 and not language_named(record.language).rules.reexports:
            return tuple(found)
        if not found:
            for imported in record.imports_by_alias.get(name, ()):
                found.extend(self._follow(imported, path, seen))
        if not found:
            found.extend(self._through_stars(record, name, seen))
        if not found and len(seen) == 1 and language_named(record.language).rules.module_separator:
            found.extend(self._module(name, path))  # a path may begin with a module that no import names
        mark = language_named(record.language).rules.package_mark
        if not found and len(seen) == 1 and mark and name not in record.imports_by_alias:
            package = self._module(f"{mark}{name}", path)
            known = {source for each in record.imports[:MAX_IMPORTS] for source in self._sources(each.module, path)}
            found.extend(each for each in package if each.path not in known)  # else it has another name here
        return tuple(dict.fromkeys(found))

    def _follow(self, imported: Import, path: str, seen: frozenset[tuple[str, str]]) -> tuple[Definition, ...]:
        if not imported.name:
            return self._module(imported.module, path)
        for source in self._sources(imported.module, path):
            found = self._look_up(source, imported.name, seen)
            if not found and is_default(imported.name, self.record(source)):
                found = self._module(imported.module, path)
            if found:
                return found
        record = self.record(path)
        announced = language_named(record.language).rules.announced if record is not None else ""
        if record is not None and announced and imported.module.startswith(announced):
            return self._defined_anywhere(imported.name, record)
        for source, container in self._written_inside(imported.module, path):
            record = self.record(source)
            own = own_symbols(record, f"{container}.{imported.name}") if record is not None else ()
            found = tuple(Definition(source, symbol) for symbol in own)
            if found or (found := self._look_up(source, imported.name, seen)):
                return found
        if record is not None and language_named(record.language).rules.macro_modules:
            for source in self._sources(imported.module, path):
                if found := self._defined_below(source, imported.name):
                    return found
        return self._submodule(imported.module, imported.name, path) or self._added(imported, path)

    def _added(self, imported: Import, path: str) -> tuple[Definition, ...]:
        """What the project adds to a type of a package, in a global namespace of that package's name (`Express`)."""
        record = self.record(path)
        if record is None or not language_named(record.language).rules.global_objects:
            return ()
        ambient = self._table(self._snapshot.resolver(record.language).ambient(path))
        for definition in ambient.get(imported.module.capitalize(), ()):
            other = self.record(definition.path)
            if other is not None and definition.symbol is not None:
                own = own_symbols(other, f"{definition.symbol.qualified}.{imported.name}")
                return tuple(Definition(definition.path, symbol) for symbol in own)
        return ()

    def _through_stars(self, record: FileRecord, name: str, seen: frozenset[tuple[str, str]]) -> tuple[Definition, ...]:
        """Return what star imports and the language itself make visible. Visit each file once, the nearest first."""
        resolver = self._snapshot.resolver(record.language)
        if not language_named(record.language).rules.reexports:
            found = self._table(resolver.ambient(record.path)).get(name, ())
            return found or self._through_classes(record, name) or self._table(self.star_sources(record)).get(name, ())
        pending, asked = deque(self._stars(record)), {(record.path, "")}
        while pending:
            checkpoint()
            path, container = pending.popleft()
            other = self.record(path)
            if other is None or (path, container) in asked:
                continue
            asked.add((path, container))
            if not name.startswith("_") if other.exports is None else name in other.exports:
                found = tuple(Definition(other.path, symbol) for symbol in other.members(container).get(name, ()))
                if not found and not (container and path == record.path):
                    for imported in other.imports_by_alias.get(name, ()):
                        found += self._follow(imported, other.path, seen | {(other.path, name)})
                if found:
                    return found
            if other.exports is None or "*" in other.exports:
                pending.extend(self._stars(other))
        return self._shown(self._table(resolver.ambient(record.path)).get(name, ()), record)

    def _shown(self, definitions: tuple[Definition, ...], record: FileRecord) -> tuple[Definition, ...]:
        """Those of other files' names that a file sees without an import."""
        mark = language_named(record.language).rules.ambient_mark
        if not mark:
            return definitions
        return tuple(each for each in definitions if each.symbol is not None and each.symbol.signature.startswith(mark))

    def _through_classes(self, record: FileRecord, name: str) -> tuple[Definition, ...]:
        """A member of a class all of whose members are imported."""
        for path, container in self._stars(record):
            other = self.record(path) if container else None
            if other is not None and (symbols := other.members(container).get(name)):
                return tuple(Definition(path, symbol) for symbol in symbols)
        return ()

    def _defined_anywhere(self, name: str, record: FileRecord) -> tuple[Definition, ...]:
        """The classes of a name, the nearest to the file that announces it first: platforms may have their own."""
        paths = self._snapshot.words.files_with(name)
        found: list[Definition] = []
        for path in nearest_first(paths, parent(record.path))[:MAX_DEFINING]:
            if path != record.path and self._snapshot.files.language_of(path) == record.language:
                found.extend(Definition(path, each) for each in self._own(path, name) if each.kind == "class")
        return tuple(found)

    def _defined_below(self, module: str, name: str) -> tuple[Definition, ...]:
        """What a module offers of modules that only a macro declares, from the highest file below it with the name."""
        begin = inside(module)
        below = [path for path in self._snapshot.words.files_with(name) if path.startswith(begin)]
        for path in sorted(below, key=lambda path: (path.count("/"), path))[:MAX_DEFINING_BELOW]:
            symbols = self._own(path, name) if path != module else ()
            if symbols and symbols[-1].exported and is_declared_by_macros(path, module, self.record):
                return tuple(Definition(path, symbol) for symbol in symbols)
        return ()

    def _written_inside(self, module: str, path: str) -> tuple[tuple[str, str], ...]:
        """The files in which a module is written that has none of its own, each with the class that represents it."""
        record = self.record(path)
        separator = language_named(record.language).rules.module_separator if record is not None else ""
        outer, found, last = module.rpartition(separator) if separator else ("", "", "")
        if not found or self._sources(module, path):
            return ()
        return tuple((source, last) for source in self._sources(outer, path) if last in self._at_top(source))

    def star_sources(self, record: FileRecord) -> tuple[str, ...]:
        """The files all of whose top-level names are imported."""
        opened = dict.fromkeys(path for path, container in self._stars(record) if not container)
        parts = language_named(record.language).rules.parts
        for path in list(opened) if parts else ():
            other = self.record(path)
            inner = self._stars(other) if other is not None else ()
            opened.update(dict.fromkeys(each for each, _ in inner if each.endswith(parts)))
        return tuple(opened)

    def _table(self, paths: tuple[str, ...]) -> "NameTable":
        """The top-level names of files that are visible together, each from the first file that defines it."""
        found = self._tables.get(paths)
        if found is None:
            first: dict[str, tuple[str, bool]] = {}
            for path in reversed(paths):
                first.update((name, (path, exported)) for name, exported in self._at_top(path).items())
            found = self._tables[paths] = NameTable(first, self._snapshot.files)
        return found

    def _at_top(self, path: str) -> Mapping[str, bool]:
        """The names that a file defines at its top level, and whether each is exported."""
        found = self._known_at_top.get(path)
        if found is None:
            found = self._known_at_top[path] = self._snapshot.files.names_at_top(path)
            checkpoint(1 + len(found))
        return found

    def _stars(self, record: FileRecord) -> tuple[tuple[str, str], ...]:
        """The files whose names star imports bring in, each with the class whose members those are ("" for none)."""
        found = self._known_stars.get(record.path)
        if found is not None:
            return found
        self._known_stars[record.path] = tuple(
            (source, imported.name.removesuffix("*").removesuffix("."))
            for imported in record.imports_by_alias.get("", ())
            if imported.name.endswith("*")
            for source in self._sources(imported.module, record.path)
        ) + tuple(
            inside
            for imported in record.imports_by_alias.get("", ())
            if imported.name == "*"
            for inside in self._written_inside(imported.module, record.path)
        )
        return self._known_stars[record.path]

    def _submodule(self, module: str, name: str, origin: str) -> tuple[Definition, ...]:
        record = self.record(origin)
        child = self._snapshot.resolver(record.language).submodule(module, name) if record is not None else ""
        return self._module(child, origin) if child else ()

    def _module(self, module: str, origin: str) -> tuple[Definition, ...]:
        sources = self._sources(module, origin)
        return (Definition(sources[0], None, module, origin),) if sources else self._namespace(module, origin)

    def _namespace(self, module: str, origin: str) -> tuple[Definition, ...]:
        record = self.record(origin)
        known = record is not None and self._snapshot.resolver(record.language).is_package(module, origin)
        return (Definition("", None, module, origin),) if known else ()

    def _sources(self, module: str, path: str) -> tuple[str, ...]:
        record = self.record(path)
        return self._snapshot.resolver(record.language).sources(module, path) if record is not None else ()


class NameTable(Mapping[str, tuple[Definition, ...]]):
    """Top-level names of files with their definitions, which are made when somebody asks for them: most are not."""

    __slots__ = ("_files", "_first", "_made")

    def __init__(self, first: Mapping[str, tuple[str, bool]], files: Mapping[str, FileRecord]) -> None:
        """`first` has the file of each name, and whether it exports the name."""
        self._first = first
        self._files = files
        self._made: dict[str, tuple[Definition, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Definition, ...]:
        made = self._made.get(name)
        if made is None:
            path, _ = self._first[name]
            symbols = self._files[path].members("").get(name, ())  # none if its packed form turns out to be damaged
            made = self._made[name] = tuple(Definition(path, symbol) for symbol in symbols)
        return made

    def get(self, name: str, default: Any = None) -> Any:
        """As in the base class, which raises an exception for each name that is not there."""
        return self[name] if name in self._first else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def exported(self) -> Iterator[tuple[str, bool]]:
        """Each name, and whether it is exported. Nothing is unpacked."""
        return ((name, exported) for name, (_, exported) in self._first.items())

    def only(self, names: Iterable[str]) -> "NameTable":
        """Return the table of some of its names."""
        return NameTable({name: self._first[name] for name in names}, self._files)

    def and_then(self, other: "NameTable") -> "NameTable":
        """Return this table with the names of another one, which count where both have one."""
        return NameTable({**self._first, **other._first}, self._files)
