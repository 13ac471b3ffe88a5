"""PHP as a `Language`."""

import re

from dovetail_context.languages.braces.scan import BraceSyntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules
from dovetail_context.languages.php.refine import LOCAL, refine

KEYWORDS = frozenset(
    """
    abstract and as break callable case catch class clone const continue declare default do echo else elseif empty
    enddeclare endfor endforeach endif endswitch endwhile enum extends final finally fn for foreach function global
    goto if implements include include_once instanceof insteadof interface isset list match namespace or print private
    protected public readonly require require_once return switch throw trait try unset use var while xor yield
    null true false
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
_HOLDERS = """
    array Array iterable list Collection EloquentCollection LazyCollection Generator Traversable Iterator
    IteratorAggregate ArrayObject ArrayIterator SplObjectStorage
    """.split()  # noqa: SIM905
_TAKES_ONE = "first last get find pop shift current offsetGet firstWhere sole random firstOrFail".split()  # noqa: SIM905
_STAYS = "filter where sortBy values take skip reject unique reverse each tap all toArray".split()  # noqa: SIM905

_RULES = TypeRules(
    elements=dict.fromkeys(_HOLDERS, -1),
    accessors={**dict.fromkeys(_TAKES_ONE, "[]"), **dict.fromkeys(_STAYS, "")},
    receivers=frozenset({"self"}),
    own_type=frozenset({"static", "self", "this"}),
    ignored=frozenset("void int float string bool mixed null callable object never false true".split()),  # noqa: SIM905
    class_of=frozenset({"class-string"}),
    reexports=False,
    constructor="__construct",
    element_members=("current", "offsetGet"),
    iterator_members=("getIterator",),
    hidden_members=False,
    open_members=True,
    mixins=True,
)

_SYNTAX = BraceSyntax(
    blanked=re.compile(
        r"<<<[ \t]*(['\"]?)(?P<mark>\w+)\1\n.*?(?:^[ \t]*(?P=mark)\b|\Z)"
        r'|"(?:\\.|[^"\\])*(?:"|\Z)|\'(?:\\.|[^\'\\])*(?:\'|\Z)|//[^\n]*|#(?!\[)[^\n]*|/\*.*?(?:\*/|\Z)',
        re.DOTALL | re.MULTILINE,
    ),
    begins=re.compile(
        r"[ \t]*(?:(?:public|private|protected|static|abstract|final|readonly|class|interface|trait|enum|function|if"
        r"|for|foreach|while|try|return|throw|break|continue|switch|case|use|namespace)\b|\})"
    ),
    comment_marks=("//", "/*", "#"),
    connectors=("?->", "->", "::"),
    prefixes=frozenset({"new", "clone"}),
)

PHP = GenericLanguage(
    Profile(
        name="php",
        suffixes=(".php", ".phtml"),
        wheel="tree_sitter_php",
        function="language_php",
        package="dovetail_context.languages.php",
        notation=Notation(
            _SYNTAX,
            KEYWORDS,
            name=re.compile(r"\$?[^\W\d]\w*(?:\\\w+)*|\\\w+(?:\\\w+)*"),
            self_names=frozenset({"$this", "self", "static"}),
            parent_names=frozenset({"parent"}),
            connectors=("?->", "->", "::"),
            creates="new",
            default=("??", "?:"),
        ),
        rules=_RULES,
        separator="\\",
        noise=re.compile(r"#\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]\s*|/\*.*?\*/|//[^\n]*", re.DOTALL),
        hidden=re.compile(r"^(?:\w+\s+)*?private\b"),
        refine=refine,
        declares=LOCAL,
        names_types=True,
        opens=re.compile(r"\b(?:function\s+\w|class\s|interface\s|trait\s|enum\s|namespace\s|use\s)"),
    )
)
