"""TypeScript and JavaScript as one `Language`: everything that the rest of the project needs to know about it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dovetail_context.languages.language import Additions, CursorView, ImportResolver, TypeRules
from dovetail_context.languages.typescript.cursor import read_cursor
from dovetail_context.languages.typescript.deno import FILE_NAMES as DENO_NAMES, read_deno
from dovetail_context.languages.typescript.extract import extract
from dovetail_context.languages.typescript.grammar import grammar
from dovetail_context.languages.typescript.packages import read_package
from dovetail_context.languages.typescript.repair import repaired
from dovetail_context.languages.typescript.resolve import TypeScriptResolver
from dovetail_context.languages.typescript.settings import PATTERNS, SHARED_NAME, read_settings
from dovetail_context.languages.typescript.types import ELEMENT
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar
from dovetail_context.workspace.manifest import ProjectText

# Members of namespaces are declarations; those of classes, interfaces and objects are not.
_DECLARATION = re.compile(
    r"(?:const|let|var|function|async function|class|abstract class|interface|type|enum|namespace) [\w${\[]"
)
_SEQUENCES = """
    Array ReadonlyArray Set ReadonlySet WeakSet Iterable Iterator IterableIterator AsyncIterable AsyncIterator
    AsyncIterableIterator Generator AsyncGenerator ArrayLike tuple
    """.split()  # noqa: SIM905
_HOLDERS = """
    Ref ShallowRef ComputedRef WritableComputedRef ModelRef RefObject MutableRefObject Signal WritableSignal
    """.split()  # noqa: SIM905
_MAPPINGS = ["Map", "ReadonlyMap", "WeakMap", "Record"]

_RULES = TypeRules(
    transparent=frozenset(
        """
        Promise PromiseLike Awaited Partial Required Readonly Pick Omit Exclude Extract NonNullable
        ThisType NoInfer DeepPartial DeepReadonly Mutable WeakRef
        """.split()  # noqa: SIM905
    ),
    checks=r"\b(?:is|has|assert)[A-Z]?\w*\(\s*NAME\s*[,)]|[\"']\s+in\s+NAME\b",
    value_of=frozenset({"typeof"}),
    element_of=frozenset({ELEMENT}),
    contents=frozenset({"value", "current"}),
    global_objects={"window": "Window", "globalThis": "Window", "self": "Window", "document": "Document"},
    result_of=frozenset({"ReturnType", "InstanceType"}),
    partial_classes=True,
    function_types={"EventHandler": 1, "Dispatch": 1},
    pointer_types=frozenset({"Promise", "PromiseLike", "WeakRef"}),
    pairs=frozenset({"Map", "ReadonlyMap"}),
    elements={**dict.fromkeys((*_SEQUENCES, *_HOLDERS), 0), **dict.fromkeys(_MAPPINGS, 1)},
    accessors={
        **dict.fromkeys(("at", "find", "findLast", "get", "pop", "shift", "next"), "[]"),
        **dict.fromkeys(
            ("concat", "entries", "fill", "filter", "reverse", "slice", "sort", "splice", "toReversed", "toSorted"), ""
        ),
        **dict.fromkeys(("values", "flat", "with"), ""),
    },
    receivers=frozenset({"this"}),
    own_type=frozenset({"this"}),
    ignored=frozenset(
        ["null", "undefined", "void", "never", "any", "unknown", "object", "string", "number", "boolean", "symbol"]
    ),
    constructor="constructor",
    overloads=True,
    default_export="default",
    hidden_members=False,
    universal_members=frozenset({"constructor", "hasOwnProperty", "prototype", "toString", "valueOf"}),
    class_members=frozenset({"name", "length", "call", "apply", "bind"}),
    root_bases=frozenset({"Object"}),
    additions=Additions(
        # In a file with imports or exports it adds to a module, and so does all that it declares there.
        module=r"\A(?=(?:.|\n)*?^(?:import|export)\b)(?:.|\n)*?^\s*declare\s+module\s*[\"']NAME[\"']",
        marks=r"^\s*@([\w.]+)",
        harmless=frozenset(
            """
            Injectable Component NgModule Directive Pipe Controller Module Entity Catch Resolver ObjectType InputType
            ArgsType Global WebSocketGateway Service Schema EventSubscriber ChildEntity ViewEntity Command Processor
            injectable singleton scoped autoInjectable customElement sealed final tag Crud ApiTags UseGuards
            UseInterceptors UsePipes UseFilters Reflect.metadata Index Unique Tree Exclude Expose
            """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
        ),
        no_value=r"^\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:interface|type)\b",
        # A type that is a string, too; a field whose name is computed.
        body=r"\A[^{;]*=\s*(?:string|number|`[^`]*`)\s*&|\bthis\[[^\]\n]+\]\s*=(?!=)|\A\s*declare\s+namespace\s|\[\s*\w+\s+in\s[^\]\n]+\]|^\s*\}?\s*&\s*\(|^\s*(?:readonly\s+)?\[\s*\w+\s*:\s*[^\]\n]+\]\s*\??\s*:|\bObject\.assign\(\s*(?:this|NAME)\b",
        elsewhere=(
            r"\bdeclare\s+(?:module\s*[\"'][^\"'\n]+[\"']|global)\s*\{(?:.|\n)*?\b(?:interface|class|namespace)\s+NAME\b"
        ),
        own=r"\bthis\.(\w+)\s*=(?![=>])",
        assigned=(r"^\s*NAME\.(?:prototype\.)?(\w+)\s*=(?![=>])",),
        beside=r"\A(?=(?:.|\n)*?^(?:import|export)\b)(?:.|\n)*?^\s*declare\s+module\s*[\"'][^\"'\n]+[\"']\s*\{"
        r"(?:.|\n)*?^\s+(?:export\s+)?(?:interface|class|namespace)\s+NAME\b|"
        r"\b\w*[mM]ixins?\(\s*NAME\b|\bObject\.(?:assign|definePropert(?:y|ies))\(\s*NAME\b",
    ),
)


@dataclass(frozen=True, slots=True)
class TypeScript:
    """The language (see `languages/language.py` for what each member promises)."""

    name: str = "typescript"
    suffixes: tuple[str, ...] = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
    project_files: tuple[str, ...] = ("package.json", *PATTERNS, SHARED_NAME, *DENO_NAMES)
    rules: TypeRules = _RULES

    def grammar(self, path: str) -> Grammar:
        return grammar(path)

    def extract(self, path: str, text: str) -> FileRecord:
        return extract(path, text)

    def read_project(self, path: str, text: str) -> ProjectText:
        name = path.rpartition("/")[2]
        if name in DENO_NAMES:
            return read_deno(text)
        return read_package(text) if name == "package.json" else read_settings(text)

    def resolver(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> ImportResolver:
        return TypeScriptResolver(paths, projects)

    def cursor(self, text: str, offset: int) -> CursorView:
        return read_cursor(text, offset)

    def repaired(self, text: str, offset: int) -> str:
        return repaired(text, offset)

    def reduced(self, symbol: Symbol) -> str:
        if symbol.kind == "class":
            return f"{symbol.signature} {{}}"
        return symbol.signature if symbol.signature.endswith((",", ";")) else f"{symbol.signature};"

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        """A class and a namespace of one name share their members; each gets its own."""
        declared = [member for member in members if _DECLARATION.match(member)]
        others = [member for member in members if not _DECLARATION.match(member)]
        name = header.name or header.signature
        if _FUNCTION.search(header.signature):  # a constructor function, which has no word for what belongs to itself
            others = [_STATIC.sub(f"{name}.", member) for member in others]
        if header.signature.startswith("namespace "):
            blocks = [_block(header.signature, declared), _block(f"interface {name}", others)]
        else:
            blocks = [_block(header.signature, others), _block(f"namespace {name}", declared)]
        return "\n".join(block for block in blocks if block) or self.reduced(header)

    def brief(self, symbol: Symbol) -> str:
        if symbol.kind not in ("function", "method") or symbol.signature.endswith(","):
            return ""
        if symbol.signature.startswith(("const ", "let ", "var ")):
            return f"const {symbol.name} = (...args) => {{}};"
        keyword = "function " if symbol.kind == "function" else ""
        return f"{keyword}{symbol.name}(...args);"


_FUNCTION = re.compile(r"(?:\A| )function\b")
_STATIC = re.compile(r"\Astatic (?=[\w$]+ =)")


def _block(head: str, members: Sequence[str]) -> str:
    body = "\n".join("  " + line for member in members for line in member.split("\n"))
    return f"{head} {{\n{body}\n}}" if body else ""


TYPESCRIPT = TypeScript()
