"""What a language must provide. Everything outside `languages/` speaks to languages through these protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar
from dovetail_context.workspace.manifest import ProjectText


@dataclass(frozen=True, slots=True)
class Mention:
    """An access path written near the cursor; `distance` is in lines (negative: before the cursor)."""

    access: str
    distance: int


@dataclass(frozen=True, slots=True)
class CursorView:
    """The surroundings of a cursor, read from text that is being typed and so may be broken.

    `receiver` is the access path before the dot that the cursor follows, and `typed` the part of a name already there.
    `callees` are the calls whose arguments enclose the cursor (innermost first). `container` and `function` enclose the
    cursor; `returns` is that function's return type. `bindings` maps local names (`name.member` for a member of a value
    whose type has no name) to access paths. `expected` is the type of the variable being assigned. `subject` is the
    access path of what the cases are distinguished by, where the cursor is at the beginning of a case. `module` is the
    module whose names are listed by an import statement at the cursor or follow what loads it, as it is written.
    """

    line: int
    receiver: str = ""
    typed: str = ""
    callees: tuple[str, ...] = ()
    container: str = ""
    function: str = ""
    returns: str = ""
    expected: str = ""
    subject: str = ""
    module: str = ""
    bindings: Mapping[str, str] = field(default_factory=dict)
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True)
class Additions:
    """How classes of a language get members that no definition shows, as patterns over source text. In patterns that
    are strings, `NAME` is a placeholder for the name of the class. Each pattern matches single lines (`re.MULTILINE`).

    `marks`: text before a class, or in its first line, that may add members: decorators, annotations,
    attributes, derives, a metaclass; a group has one or more names, separated by commas. `harmless`: those of them
    that add nothing, and, with a dot at the end, whole packages of such. `lonely`: what makes a class open of which
    the project has one part alone. `no_value`: what only names a type, so that a dot behind its name follows
    something else of that name. `body`: what opens a class inside it. `own`: what adds one member there, which group
    1 names. `listed`: what adds the members there that its group 1 names, each in quotes. `beside`: what opens it in
    its own file and in others that mention it. `elsewhere`: the same in those others alone. `assigned`: what adds one
    member, which group 1 names, in any of these files. `imports`: the packages whose import gives no class anything;
    () where no import ever does. `blanket`: what gives members to all classes, in the files that the current one
    imports. `module`: what adds to a module, which `NAME` is a placeholder for, in its file; `module_word` the same
    anywhere below its folder, as a word. `all_names`: whether a dot reaches every name of a module, also those that it
    does not offer to others. `macro`: the definition of a macro, with its name (group 1) and the text that it stands
    for (group 2), which may be another name of a member, or declare some.
    """

    marks: str = ""
    harmless: frozenset[str] = frozenset()
    lonely: str = ""
    no_value: str = ""
    body: str = ""
    own: str = ""
    listed: str = ""
    beside: str = ""
    elsewhere: str = ""
    assigned: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    blanket: str = ""
    module: str = ""
    module_word: str = ""
    all_names: bool = False
    macro: str = ""


@dataclass(frozen=True, slots=True)
class TypeRules:
    """How a language's types behave where inference needs it.

    `transparent`: generics that represent their first argument (Optional, Annotated), or their last one if they are
    also in `last_argument` (Coroutine). `class_of`: generics whose values are classes (type[X]). `value_of`: what has
    the name of a value as its argument (typeof), and `result_of` what calling its argument gives. `own_type`: names of
    the enclosing class (Self). `elements`: containers and the index of the argument that indexing or iteration gives
    (-1 for the last one).
    `accessors`: methods of containers that give an element ("[]") or the container itself (""). `receivers`: names of
    the instance inside a method. `ignored`: types without information. `enumerations`: base classes whose class
    attributes are instances of the class. `partial_classes`: whether one class may be defined in several files.
    `detached_methods`: how the signatures of methods begin that are written outside of their class, whose name they
    bear (Go); "" where there are none. `implicit_members`: whether a class's members are visible inside it without a
    receiver (Java). `reexports`: whether what a file imports can be imported from it. `constructor`: the name of the
    method that makes an instance; "" where it bears the name of its class. `static_members`: whether the name of a
    class reaches its static members alone, and an object only the others. `overloads`: whether several definitions of
    one name exist side by side; else the last one counts. `element_members`: methods whose results are elements of
    their object, and `iterator_members` those whose results iterate over them. `extension_mark`: what the parameters
    begin with of a function that is called like a member of its first parameter's type. `hidden_members`: whether
    members that are not exported can be used in other files anyway. `package_members`: whether they can in the files of
    the same folder. `universal_members`: what every object or class may have without its class saying so (toString,
    methods of derived traits). `root_bases`: base classes of the language that have no other members. `function_types`:
    generics of the language's own that are functions, each with the number of its arguments that are types of
    parameters (negative: all but that many). `functional`: a pattern for the signatures of types that a function may be
    given for, if they have one method. `generators`: containers of what a function yields. `ambient_mark`: how the
    signatures begin of the names that a file shows to others without an import, if those are not all.
    `module_separator`: what joins the names of modules where one may be written inside the file of another; "" where
    none may. `pointers`: whether what points to an object may be indexed like an array. `announced`: how the modules of
    imports begin that represent classes which a file announces and another one defines, anywhere in the project.
    `qualified_names`: whether a class may be named by its package or namespace, without an import. `additions`: how
    classes get members beside those. `extension_receiver`: the name of the parameter that a function called like a
    member has for its object. `open_members`: whether a class may have members that nothing in the project shows, so
    that a list of its members is never complete. `type_variables`: a pattern for the signatures of variables that stand
    for a type which the caller chooses. `checks`: a pattern for code that checks the type of an object, which `NAME` is
    a placeholder for, without naming a type that inference follows. `mixins`: whether the code of a base may use the
    members of the classes that take it in (a module of Ruby, a trait of PHP). `macro_modules`: a pattern for a macro
    that declares the module `NAME` in a text, and may offer its names; "" where there are none. `arity`: whether the
    name of a generic class without arguments means another class (C#). `class_members`: what the name of every class
    reaches, as it is an object itself. `method_references`: whether `::` behind a class reaches the members of its
    objects, too, and its constructor. `pairs`: containers whose iteration gives pairs of a key and an element.
    `pointer_types`: those of `transparent` behind which a dot reaches their own members, and `->` those of what they
    hold. `package_mark`: how the modules begin that are packages by their last names alone, which code may use before
    it imports them; "" where there are none. `guards`: containers whose members code uses that are those of what they
    hold. `itself`: members that stand for the object itself, unless its class has one of that name. `parts`: the
    endings of files that continue the one which includes them. `element_of`: generics that are an element of their
    argument. `contents`: the members of containers that are what those hold. `global_objects`: the types of the
    language's own objects that code may add members to. `ordered_fields`: a pattern for the signatures of classes whose
    fields can be taken apart by their places. `default_export`: the name of the one value that a module exports, which
    means all that it exports where it has no such value. `neighbours`: other languages whose classes the language uses
    like its own, by their packages; a file of theirs holds the class that it is named after. `getters`: how the names
    of methods begin that other languages read like fields. `declares_apart`: whether a class declares the members that
    other files define. `headers`: the endings of files that see the names of others through headers alone, which show
    them all.
    """

    transparent: frozenset[str] = frozenset()
    last_argument: frozenset[str] = frozenset()
    class_of: frozenset[str] = frozenset()
    value_of: frozenset[str] = frozenset()
    result_of: frozenset[str] = frozenset()
    own_type: frozenset[str] = frozenset()
    elements: Mapping[str, int] = field(default_factory=dict)
    accessors: Mapping[str, str] = field(default_factory=dict)
    receivers: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    enumerations: frozenset[str] = frozenset()
    partial_classes: bool = False
    detached_methods: str = ""
    implicit_members: bool = False
    reexports: bool = True
    constructor: str = "__init__"
    static_members: bool = False
    overloads: bool = False
    element_members: tuple[str, ...] = ("__getitem__", "__next__")
    iterator_members: tuple[str, ...] = ("__iter__",)
    extension_mark: str = ""
    hidden_members: bool = True
    package_members: bool = False
    universal_members: frozenset[str] = frozenset()
    root_bases: frozenset[str] = frozenset()
    function_types: Mapping[str, int] = field(default_factory=dict)
    functional: str = ""
    generators: frozenset[str] = frozenset()
    ambient_mark: str = ""
    module_separator: str = ""
    pointers: bool = False
    announced: str = ""
    qualified_names: bool = False
    additions: Additions = field(default_factory=Additions)
    type_variables: str = ""
    checks: str = ""
    extension_receiver: str = ""
    open_members: bool = False
    mixins: bool = False
    macro_modules: str = ""
    arity: bool = False
    class_members: frozenset[str] = frozenset()
    method_references: bool = False
    pairs: frozenset[str] = frozenset()
    pointer_types: frozenset[str] = frozenset()
    ordered_fields: str = ""
    default_export: str = ""
    neighbours: tuple[str, ...] = ()
    getters: tuple[str, ...] = ()
    package_mark: str = ""
    guards: frozenset[str] = frozenset()
    itself: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    element_of: frozenset[str] = frozenset()
    contents: frozenset[str] = frozenset()
    global_objects: Mapping[str, str] = field(default_factory=dict)
    declares_apart: bool = False
    headers: tuple[str, ...] = ()


class ImportResolver(Protocol):
    """Maps imports to files of the workspace, for one set of files."""

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        """The files that make up `module` as written in `from_path`; empty if it is not of this workspace."""
        ...

    def is_package(self, module: str, from_path: str) -> bool:
        """Whether `module` is a package of the workspace that has no file of its own."""
        ...

    def submodule(self, module: str, name: str) -> str:
        """The module that `name` of `module` may be, as an import would write it; "" where the language has none."""
        ...

    def ambient(self, from_path: str) -> tuple[str, ...]:
        """Files whose top-level names are visible in `from_path` without an import."""
        ...

    def companions(self, path: str) -> tuple[str, ...]:
        """Other files that may define members of the classes of `path` (Go's methods, Rust's impl blocks)."""
        ...


class Language(Protocol):
    """One programming language."""

    @property
    def name(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of its files' names, with the dot, in lower case."""
        ...

    @property
    def project_files(self) -> tuple[str, ...]:
        """Names of files whose text its import resolver reads; a `*` stands for any text."""
        ...

    def read_project(self, path: str, text: str) -> ProjectText:
        """Read a project file. Never raises; what is kept can be read again, and its size and nesting are bounded."""
        ...

    @property
    def rules(self) -> TypeRules: ...

    def grammar(self, path: str) -> Grammar | None:
        """The grammar that reads a file of this name; None if there is none, or it is not installed."""
        ...

    def extract(self, path: str, text: str) -> FileRecord:
        """Read a file. Never raises on broken code."""
        ...

    def resolver(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> ImportResolver:
        """Return a resolver for the files `paths`, which maps each to the packages that it declares (see
        `FileRecord.packages`). `projects` maps paths of project files to their text, or to what `read_project` keeps
        of it. Never raises, whatever they contain."""
        ...

    def cursor(self, text: str, offset: int) -> CursorView:
        """Return the surroundings of `offset` (code points)."""
        ...

    def repaired(self, text: str, offset: int) -> str:
        """`text` with the statement around `offset` replaced by one that parses; line numbers stay."""
        ...

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        """Return a class with the given reduced members (each already rendered, several lines possible).

        A `header` without signature represents a class whose definition is in another file than these members.
        """
        ...

    def reduced(self, symbol: Symbol) -> str:
        """A symbol without its body, as valid code."""
        ...

    def brief(self, symbol: Symbol) -> str:
        """A callable's name alone, as valid code; "" for symbols that have no shorter form than `reduced`."""
        ...
