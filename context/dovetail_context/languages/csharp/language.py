"""C# as a `Language`: everything that the rest of the project needs to know about it, in one value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dovetail_context.languages.braces.repair import with_blank_statement
from dovetail_context.languages.csharp.cursor import read_cursor
from dovetail_context.languages.csharp.extract import extract
from dovetail_context.languages.csharp.grammar import grammar
from dovetail_context.languages.csharp.lexical import DEFINES, SYNTAX
from dovetail_context.languages.csharp.resolve import PROJECT_FILES, CSharpResolver, read_msbuild
from dovetail_context.languages.language import Additions, CursorView, ImportResolver, TypeRules
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar
from dovetail_context.workspace.manifest import ProjectText

_HOLDERS = """
    Array List IList ICollection IEnumerable IEnumerator IReadOnlyList IReadOnlyCollection IReadOnlySet ISet HashSet
    SortedSet Queue Stack LinkedList IQueryable IAsyncEnumerable ImmutableArray ImmutableList ImmutableHashSet Span
    ReadOnlySpan Memory ReadOnlyMemory ConcurrentBag ConcurrentQueue ConcurrentStack BlockingCollection Collection
    ObservableCollection Lazy Func Nullable ThreadLocal AsyncLocal WeakReference ArraySegment IOrderedEnumerable
    PriorityQueue Action Predicate IOptions tuple DbSet IQueryable IIncludableQueryable IMongoCollection
    """.split()  # noqa: SIM905
_MAPPINGS = """
    Dictionary IDictionary IReadOnlyDictionary ConcurrentDictionary SortedDictionary SortedList ImmutableDictionary
    KeyValuePair ILookup IGrouping
    """.split()  # noqa: SIM905
_TAKES_ONE = """
    First FirstOrDefault Last LastOrDefault Single SingleOrDefault ElementAt ElementAtOrDefault Max Min MaxBy MinBy
    Aggregate Find FindLast Pop Peek Dequeue Take GetValueOrDefault GetOrAdd AddOrUpdate Value Current Invoke
    """.split()  # noqa: SIM905
_STAYS = """
    Where OrderBy OrderByDescending ThenBy ThenByDescending Distinct DistinctBy Skip SkipWhile TakeWhile TakeLast
    Reverse Concat Union Intersect Except Append Prepend ToList ToArray ToHashSet AsEnumerable AsQueryable AsSpan
    AsReadOnly FindAll GetRange Slice Values GetEnumerator DefaultIfEmpty ConfigureAwait AsParallel Cast OfType
    """.split()  # noqa: SIM905

_RULES = TypeRules(
    transparent=frozenset({"Task", "ValueTask", "Nullable", "Lazy", "IOptions", "ref", "Expression"}),
    pointer_types=frozenset({"Task", "ValueTask", "Nullable", "Lazy", "IOptions", "Expression"}),
    elements={**dict.fromkeys(_HOLDERS, 0), **dict.fromkeys(_MAPPINGS, 1)},
    accessors={**dict.fromkeys(_TAKES_ONE, "[]"), **dict.fromkeys(_STAYS, "")},
    receivers=frozenset({"this"}),
    ignored=frozenset(
        "void bool byte sbyte short ushort int uint long ulong char float double decimal object string dynamic".split()  # noqa: SIM905
    ),
    implicit_members=True,
    qualified_names=True,
    reexports=False,
    constructor="",
    static_members=True,
    overloads=True,
    hidden_members=False,
    element_members=("this",),
    iterator_members=("GetEnumerator",),
    extension_mark="(this ",
    partial_classes=True,
    arity=True,
    universal_members=frozenset(
        """
        GetType Equals GetHashCode ToString MemberwiseClone ReferenceEquals Finalize Deconstruct EqualityContract
        PrintMembers HasFlag CompareTo
        """.split()  # noqa: SIM905
    ),
    root_bases=frozenset({"object", "Object"}),
    function_types={"EventHandler": 1, "Func": -1, "Action": 16, "Predicate": 1, "Comparison": 1, "Converter": 1},
    additions=Additions(
        lonely=r"\bpartial\s+(?:ref\s+)?(?:class|struct|record|interface)\b",
        beside=r"\bextension\s*(?:<[^>\n]*>)?\s*\(\s*(?:(?:this|ref|in|scoped)\s+)*(?:[\w.]+\.)?NAME\b",
        imports=("System", "Microsoft", "Xunit", "NUnit", "Windows", "UnityEngine", "UnityEditor", "Newtonsoft"),
    ),
)


@dataclass(frozen=True, slots=True)
class CSharp:
    """The C# language (see `languages/language.py` for what each member promises)."""

    name: str = "csharp"
    suffixes: tuple[str, ...] = (".cs", ".csx")
    project_files: tuple[str, ...] = PROJECT_FILES
    rules: TypeRules = _RULES

    def grammar(self, path: str) -> Grammar:
        return grammar()

    def extract(self, path: str, text: str) -> FileRecord:
        return extract(path, text)

    def read_project(self, path: str, text: str) -> ProjectText:
        return read_msbuild(text)

    def resolver(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> ImportResolver:
        return CSharpResolver(paths, projects)

    def cursor(self, text: str, offset: int) -> CursorView:
        return read_cursor(text, offset)

    def repaired(self, text: str, offset: int) -> str:
        return with_blank_statement(text, offset, SYNTAX, DEFINES)

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        head = header.signature or f"partial class {header.name}"
        return "\n".join([f"{head} {{", *("    " + line for member in members for line in member.split("\n")), "}"])

    def reduced(self, symbol: Symbol) -> str:
        if symbol.kind == "class":
            return symbol.signature + (" {}" if not symbol.signature.endswith(")") else ";")
        if symbol.kind == "property" or symbol.signature.endswith(","):
            return symbol.signature
        return symbol.signature + ";"

    def brief(self, symbol: Symbol) -> str:
        if symbol.kind not in ("method", "function") or "(" not in symbol.signature or symbol.signature.endswith("()"):
            return ""
        return f"{symbol.name}(...);"


CSHARP = CSharp()
