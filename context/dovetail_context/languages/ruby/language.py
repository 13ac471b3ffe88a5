"""Ruby as a `Language`."""

import re

from dovetail_context.languages.braces.scan import BraceSyntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules
from dovetail_context.languages.ruby.refine import refine

KEYWORDS = frozenset(
    """
    BEGIN END alias and begin break case class def defined? do else elsif end ensure false for if in module next nil
    not or redo rescue retry return super then true undef unless until when while yield private protected public
    require require_relative attr_reader attr_accessor attr_writer include extend raise puts lambda proc loop
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
_HOLDERS = "Array Hash Set Enumerable Enumerator Struct".split()  # noqa: SIM905
_TAKES_ONE = "first last find detect fetch pop shift sample min_by max_by dig sum reduce inject each".split()  # noqa: SIM905
_STAYS = "select filter reject sort_by sort reverse uniq compact take drop to_a dup freeze tap each_with_index".split()  # noqa: SIM905

_RULES = TypeRules(
    elements={**dict.fromkeys(_HOLDERS, 0), "Hash": 1},
    accessors={**dict.fromkeys(_TAKES_ONE, "[]"), **dict.fromkeys(_STAYS, "")},
    receivers=frozenset({"self"}),
    own_type=frozenset({"self", "instance", "T.self_type"}),
    ignored=frozenset("void untyped bool String Integer Float Symbol NilClass nil Boolean Object Numeric".split()),  # noqa: SIM905
    implicit_members=True,
    reexports=False,
    constructor="initialize",
    element_members=(),
    iterator_members=("each",),
    hidden_members=False,
    partial_classes=True,
    open_members=True,
    mixins=True,
)

_SYNTAX = BraceSyntax(
    blanked=re.compile(
        r"^=begin\b.*?(?:^=end\b|\Z)|<<[~-](['\"]?)(?P<mark>[A-Z]\w*)\1[^\n]*\n.*?(?:^[ \t]*(?P=mark)\b|\Z)"
        r'|"(?:\\.|[^"\\])*(?:"|\Z)|\'(?:\\.|[^\'\\])*(?:\'|\Z)|(?<![\w#])#[^\n]*',
        re.DOTALL | re.MULTILINE,
    ),
    begins=re.compile(
        r"[ \t]*(?:def|class|module|end|if|unless|case|when|while|until|return|raise|private|protected|else|elsif"
        r"|rescue|ensure|attr_\w+|include|require|require_relative)\b"
    ),
    comment_marks=("#", "=begin"),
    connectors=("&.", "::", "."),
    line_ends_it=True,
)

RUBY = GenericLanguage(
    Profile(
        name="ruby",
        suffixes=(".rb", ".rake", ".gemspec", ".ru"),
        wheel="tree_sitter_ruby",
        package="dovetail_context.languages.ruby",
        notation=Notation(
            _SYNTAX,
            KEYWORDS,
            name=re.compile(r"[^\W\d]\w*[?!]?"),
            self_names=frozenset({"self"}),
            connectors=("&.", "::", "."),
            maker="new",
            own_member="@",
            calls_bare=True,
            default=("||",),
        ),
        rules=_RULES,
        separator="::",
        is_flat=True,
        blocks="end",
        noise=re.compile(r"(?<![\w#])#[^\n]*"),
        by_last_name=True,
        sees="nest",
        refine=refine,
        trim="?!=",
        names_types=True,
        opens=re.compile(
            r"^[ \t]*(?:def|class|module|begin|if|unless|case|when|while|until|else|elsif|rescue|ensure|end)\b"
            r"|\bdo[ \t]*(?:\|[^|]*\|)?[ \t]*$|=[ \t]*(?:if|case|begin|unless)\b",
            re.MULTILINE,
        ),
    )
)
