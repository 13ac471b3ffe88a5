"""Java as a `Language`: everything that the rest of the project needs to know about it, in one value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dovetail_context.languages.braces.repair import with_blank_statement
from dovetail_context.languages.java.cursor import read_cursor
from dovetail_context.languages.java.extract import extract
from dovetail_context.languages.java.grammar import grammar
from dovetail_context.languages.java.lexical import DEFINES, SYNTAX
from dovetail_context.languages.java.resolve import JavaResolver
from dovetail_context.languages.language import Additions, CursorView, ImportResolver, TypeRules
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar
from dovetail_context.workspace.manifest import ProjectText

_HOLDERS = """
    Array List ArrayList LinkedList Set HashSet LinkedHashSet TreeSet SortedSet NavigableSet EnumSet Collection Iterable
    Iterator ListIterator Queue Deque ArrayDeque PriorityQueue BlockingQueue Stack Vector CopyOnWriteArrayList Stream
    Optional Supplier Callable Future CompletableFuture CompletionStage AtomicReference Reference WeakReference
    SoftReference ThreadLocal Provider Lazy Spliterator Enumeration Consumer Predicate Comparator
    """.split()  # noqa: SIM905
_MAPPINGS = """
    Map HashMap LinkedHashMap TreeMap SortedMap NavigableMap ConcurrentMap ConcurrentHashMap EnumMap WeakHashMap
    IdentityHashMap Entry Function
    """.split()  # noqa: SIM905
_TAKES_ONE = """
    get getOrDefault remove poll pollFirst pollLast peek peekFirst peekLast pop next previous first last getFirst
    getLast removeFirst removeLast element take orElse orElseGet orElseThrow getValue put putIfAbsent computeIfAbsent
    computeIfPresent compute merge call join getNow apply elementAt nextElement firstElement lastElement getAndSet
    """.split()  # noqa: SIM905
_STAYS = """
    stream parallelStream filter sorted distinct limit skip takeWhile dropWhile findFirst findAny collect toList
    iterator listIterator subList values entrySet reversed descendingIterator descendingSet headSet tailSet clone max
    min elements or sequential unordered onClose firstEntry lastEntry
    """.split()  # noqa: SIM905

_RULES = TypeRules(
    class_of=frozenset({"Class"}),
    elements={**dict.fromkeys(_HOLDERS, 0), **dict.fromkeys(_MAPPINGS, 1)},
    accessors={**dict.fromkeys(_TAKES_ONE, "[]"), **dict.fromkeys(_STAYS, "")},
    receivers=frozenset({"this"}),
    ignored=frozenset(
        "void boolean byte short int long char float double Object String Integer Long Boolean Void".split()  # noqa: SIM905
    ),
    implicit_members=True,
    getters=("get", "is"),
    qualified_names=True,
    reexports=False,
    constructor="",
    static_members=True,
    method_references=True,
    overloads=True,
    element_members=(),
    iterator_members=("iterator",),
    hidden_members=False,
    universal_members=frozenset(
        """
        getClass equals hashCode toString name ordinal compareTo values valueOf class this super wait notify notifyAll
        clone finalize describeConstable getDeclaringClass log
        """.split()  # noqa: SIM905
    ),
    root_bases=frozenset({"Object", "Serializable", "Cloneable"}),
    function_types={
        **dict.fromkeys(("Function", "Consumer", "Predicate", "UnaryOperator", "BinaryOperator", "Comparator"), 1),
        **dict.fromkeys(("ToIntFunction", "ToLongFunction", "ToDoubleFunction"), 1),
        **dict.fromkeys(("BiFunction", "BiConsumer", "BiPredicate"), 2),
        "Supplier": 0,
    },
    functional=r"\binterface\b",
    additions=Additions(
        marks=r"^\s*@(?!interface\b)([\w.]+)",
        harmless=frozenset(
            """
            Override Deprecated SuppressWarnings FunctionalInterface SafeVarargs Documented Retention Target Inherited
            Entity Table Embeddable MappedSuperclass Inheritance DiscriminatorColumn Cacheable NamedQuery
            Component Service Repository Controller RestController Configuration SpringBootApplication Bean
            Transactional
            RequestMapping ControllerAdvice RestControllerAdvice ConfigurationProperties EnableScheduling Profile Scope
            Nullable NotNull NonNull NonNullApi NullMarked Immutable ThreadSafe VisibleForTesting Generated
            JsonInclude JsonIgnoreProperties JsonProperty JsonPropertyOrder JsonTypeInfo JsonSubTypes JsonDeserialize
            JsonSerialize XmlRootElement XmlAccessorType Singleton Named Inject ApplicationScoped RequestScoped Path
            ExtendWith DisplayName Nested Test RunWith Disabled Tag Slf4j Log4j2 Beta Internal API Experimental
            """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
        ),
        body=r"@(?:lombok\.)?(?:Getter|Setter|With|Builder|SuperBuilder|Delegate|Data|Value|Accessors|Singular)\b",
    ),
)


@dataclass(frozen=True, slots=True)
class Java:
    """The Java language (see `languages/language.py` for what each member promises)."""

    name: str = "java"
    suffixes: tuple[str, ...] = (".java",)
    project_files: tuple[str, ...] = ()
    rules: TypeRules = _RULES

    def grammar(self, path: str) -> Grammar:
        return grammar()

    def extract(self, path: str, text: str) -> FileRecord:
        return extract(path, text)

    def read_project(self, path: str, text: str) -> ProjectText:
        return ProjectText("")

    def resolver(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> ImportResolver:
        return JavaResolver(paths, projects)

    def cursor(self, text: str, offset: int) -> CursorView:
        return read_cursor(text, offset)

    def repaired(self, text: str, offset: int) -> str:
        return with_blank_statement(text, offset, SYNTAX, DEFINES, ";")

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        constants = [position for position, member in enumerate(members) if member.endswith(",")]
        shown = list(members)
        if constants:  # the last constant of an enum ends with a semicolon
            shown[constants[-1]] = shown[constants[-1]][:-1] + ";"
        lines = ["    " + line for member in shown for line in member.split("\n")]
        head = header.signature or f"class {header.name}"
        return "\n".join([head + " {", *lines, "}"])

    def reduced(self, symbol: Symbol) -> str:
        if symbol.kind == "class":
            return symbol.signature + " {}"
        return symbol.signature if symbol.signature.endswith((",", "}")) else symbol.signature + ";"

    def brief(self, symbol: Symbol) -> str:
        if symbol.kind != "method" or "(" not in symbol.signature or symbol.signature.endswith("()"):
            return ""
        return f"{symbol.name}(...);"


JAVA = Java()
