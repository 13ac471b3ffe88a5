"""Kotlin as a `Language`."""

import re

from dovetail_context.languages.braces.scan import BraceSyntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    as break class continue do else false for fun if in interface is null object package return super this throw true
    try typealias typeof val var when while by catch constructor finally get import init set where abstract companion
    const data enum final infix inline inner internal lateinit open operator out override private protected public
    reified sealed suspend
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
_HOLDERS = """
    Array List MutableList Set MutableSet Collection MutableCollection Iterable Sequence Flow StateFlow SharedFlow
    MutableStateFlow Lazy Deferred Result ArrayList LinkedHashSet ArrayDeque KClass Channel Iterator
    """.split()  # noqa: SIM905
_MAPPINGS = "Map MutableMap HashMap LinkedHashMap ConcurrentHashMap".split()  # noqa: SIM905
_TAKES_ONE = """
    get getOrNull getOrElse getOrPut getValue first firstOrNull last lastOrNull single singleOrNull find findLast
    random removeFirst removeLast removeAt max maxBy maxByOrNull minBy minByOrNull await value getOrThrow
    """.split()  # noqa: SIM905
_STAYS = """
    filter filterNot filterNotNull sorted sortedBy sortedByDescending reversed distinct distinctBy take drop takeWhile
    dropWhile onEach toList toMutableList toSet asSequence asFlow plus minus shuffled also apply values requireNotNull
    """.split()  # noqa: SIM905

_RULES = TypeRules(
    elements={**dict.fromkeys(_HOLDERS, 0), **dict.fromkeys(_MAPPINGS, 1)},
    accessors={**dict.fromkeys(_TAKES_ONE, "[]"), **dict.fromkeys(_STAYS, "")},
    receivers=frozenset({"self", "this"}),
    ignored=frozenset("Unit Int Long Short Byte Float Double Boolean Char Any Nothing".split()),  # noqa: SIM905
    implicit_members=True,
    reexports=False,
    constructor="constructor",
    overloads=True,
    element_members=(),
    iterator_members=("iterator",),
    extension_receiver="this",
    hidden_members=False,
    open_members=True,
    neighbours=("java",),
)

_SYNTAX = BraceSyntax(
    blanked=re.compile(
        r'"""(?:[^"]|"(?!""))*(?:"""|\Z)|"(?:\\.|[^"\\\n])*(?:"|$)|\'(?:\\.|[^\'\\\n])*(?:\'|$)'
        r"|//[^\n]*|/\*.*?(?:\*/|\Z)",
        re.DOTALL | re.MULTILINE,
    ),
    begins=re.compile(
        r"[ \t]*(?:(?:public|private|protected|internal|override|open|abstract|suspend|class|interface|object|fun|val"
        r"|var|if|for|while|try|return|throw|import|package)\b|\})"
    ),
    connectors=("?.", "::", "."),
    line_ends_it=True,
)

KOTLIN = GenericLanguage(
    Profile(
        name="kotlin",
        suffixes=(".kt", ".kts"),
        wheel="tree_sitter_kotlin",
        package="dovetail_context.languages.kotlin",
        notation=Notation(_SYNTAX, KEYWORDS, connectors=("?.", "::", "."), default=("?:",)),
        rules=_RULES,
        noise=re.compile(
            r"@[\w.:]+(?:\((?:[^()\"]|\"(?:\\.|[^\"\\])*\"|\([^()]*\))*\))?\s*|//[^\n]*|/\*.*?\*/|\bpublic\s+"
        ),
        hidden=re.compile(r"^(?:\w+\s+)*?private\b"),
        implicit_parameter="it",
        receiver_blocks=frozenset({"apply", "run", "with"}),
        opens=re.compile(r"\b(?:fun|class|interface|object|package|import)\b"),
    )
)
