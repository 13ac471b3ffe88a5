"""Python as a `Language`: everything that the rest of the project needs to know about it, in one value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dovetail_context.languages.language import Additions, CursorView, ImportResolver, TypeRules
from dovetail_context.languages.python.cursor import read_cursor
from dovetail_context.languages.python.extract import extract
from dovetail_context.languages.python.grammar import grammar
from dovetail_context.languages.python.repair import repaired
from dovetail_context.languages.python.resolve import PythonResolver
from dovetail_context.languages.python.settings import FILE_NAMES, read_settings
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar
from dovetail_context.workspace.manifest import ProjectText

_SEQUENCES = """
    list List set Set frozenset FrozenSet Sequence MutableSequence Iterable Iterator Collection tuple Tuple deque Deque
    AbstractSet Generator AsyncIterator AsyncIterable AsyncGenerator Reversible KeysView ValuesView ContextManager
    AsyncContextManager AbstractContextManager AbstractAsyncContextManager
    """.split()  # noqa: SIM905
_MAPPINGS = """
    dict Dict Mapping MutableMapping defaultdict DefaultDict OrderedDict ChainMap ItemsView
    """.split()  # noqa: SIM905

_RULES = TypeRules(
    transparent=frozenset(
        [
            "Optional",
            "Annotated",
            "Final",
            "ClassVar",
            "Required",
            "NotRequired",
            "ReadOnly",
            "Awaitable",
            "Coroutine",
            "Unpack",
        ]
    ),
    last_argument=frozenset({"Coroutine"}),
    class_of=frozenset({"type", "Type"}),
    own_type=frozenset({"Self"}),
    elements={**dict.fromkeys(_SEQUENCES, 0), **dict.fromkeys(_MAPPINGS, 1)},
    accessors={
        "get": "[]",
        "pop": "[]",
        "setdefault": "[]",
        "values": "",
        "popleft": "[]",
        "__enter__": "[]",
        "copy": "",
    },
    receivers=frozenset({"self", "cls"}),
    ignored=frozenset({"None", "NoneType", "Any", "object", "NoReturn", "Never"}),
    enumerations=frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}),
    universal_members=frozenset(
        """
        __init__ __new__ __class__ __dict__ __doc__ __name__ __qualname__ __module__ __eq__ __ne__ __lt__ __le__ __gt__
        __ge__ __hash__ __repr__ __str__ __format__ __bool__ __dir__ __sizeof__ __reduce__ __setattr__ __getattribute__
        __delattr__ __annotations__ __slots__ __bases__ __mro__ __subclasses__ __wrapped__ __init_subclass__ __members__
        _value_ _missing_ __dataclass_fields__ __attrs_attrs__ __orig_bases__ __parameters__ __type_params__
        """.split()  # noqa: SIM905
    ),
    root_bases=frozenset({"object", "ABC", "Protocol", "Generic"}),
    generators=frozenset({"Iterator", "Generator", "AsyncIterator", "AsyncGenerator", "Iterable", "AsyncIterable"}),
    checks=r"\b(?:hasattr|type)\(\s*NAME\s*[,)]|\b_?is_\w+\(\s*NAME\s*\)",
    ordered_fields=r"^@(?:\w+\.)?(?:dataclass|define|frozen|mutable|attrs|s)\b|\bNamedTuple\b",
    type_variables=r"=\s*(?:\w+\.)?TypeVar\(",
    additions=Additions(
        marks=r"^\s*@([\w.]+)|\bmetaclass\s*=\s*([\w.]+)",
        harmless=frozenset(
            """
            dataclass total_ordering final runtime_checkable unique verify deprecated override ABCMeta EnumMeta EnumType
            type attrs.define attrs.frozen attrs.mutable attr.s attr.attrs attr.define attr.frozen attr.mutable define
            frozen mutable pytest. unittest. typing. functools. enum. dataclasses. abc.
            """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
        ),
        body=(
            r"\b__dict__\s*(?:\.\s*update|\[)|\bsetattr\(\s*(?:self|cls)\b|\bvars\(\s*self\s*\)"
            r"|\bdef __getattr(?:ibute)?__"
            # Slots that are not all written out there.
            r"|^\s+__slots__\s*(?::[^=\n]+)?=\s*(?:[^\s(\[{\"']|[(\[{][^)\]}]*\*|[^\n]*[)\]}\"']\s*\+)"
        ),
        listed=r"^\s+__slots__\s*(?::[^=\n]+)?=\s*([(\[{][^)\]}]*[)\]}]|\"\w+\"|'\w+')",
        beside=r"\bsetattr\(\s*NAME\s*,",
        assigned=(r"^\s*NAME\.(\w+)\s*(?::[^=\n]+)?=(?!=)",),
        all_names=True,
        module=r"\bglobals\(\)|\bsys\.modules\[|\b(?:vars|locals)\(\)|^(?:exec|__import__)\(",
    ),
)


@dataclass(frozen=True, slots=True)
class Python:
    """The Python language (see `languages/language.py` for what each member promises)."""

    name: str = "python"
    suffixes: tuple[str, ...] = (".py", ".pyi", ".pyw")
    project_files: tuple[str, ...] = FILE_NAMES
    rules: TypeRules = _RULES

    def grammar(self, path: str) -> Grammar:
        return grammar()

    def extract(self, path: str, text: str) -> FileRecord:
        return extract(path, text)

    def read_project(self, path: str, text: str) -> ProjectText:
        return read_settings(path, text)

    def resolver(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> ImportResolver:
        return PythonResolver(paths, projects)

    def cursor(self, text: str, offset: int) -> CursorView:
        return read_cursor(text, offset)

    def reduced(self, symbol: Symbol) -> str:
        return (
            f"{symbol.signature}: ..."
            if symbol.kind in ("class", "function", "method", "property")
            else symbol.signature
        )

    def repaired(self, text: str, offset: int) -> str:
        return repaired(text, offset)

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        body = "\n".join("    " + line for member in members for line in member.split("\n"))
        return f"{header.signature}:\n{body}" if body else self.reduced(header)

    def brief(self, symbol: Symbol) -> str:
        if symbol.kind not in ("function", "method") or "(" not in symbol.signature:
            return ""
        keyword = "async def" if symbol.signature.rpartition("\n")[2].startswith("async ") else "def"
        return f"{keyword} {symbol.name}(...): ..."


PYTHON = Python()
