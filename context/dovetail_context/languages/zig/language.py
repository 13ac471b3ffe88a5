"""Zig as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    align allowzero and anyframe anytype asm async await break callconv catch comptime const continue defer
    else enum errdefer error export extern fn for if inline noalias nosuspend null or orelse packed pub resume
    return struct suspend switch test threadlocal true try undefined union unreachable usingnamespace var
    volatile while
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

ZIG = GenericLanguage(
    Profile(
        name="zig",
        suffixes=(".zig", ".zon"),
        wheel="tree_sitter_zig",
        package="dovetail_context.languages.zig",
        notation=Notation(
            syntax(blocks=(), begins="pub const var fn if for while return switch defer errdefer try test"),
            KEYWORDS,
            default=("orelse",),
        ),
        rules=TypeRules(
            receivers=frozenset({"self"}), own_type=frozenset({"Self"}), constructor="init", open_members=True
        ),
        sees="nothing",
        noise=re.compile(r"//[^\n]*"),
        opens=re.compile(r"\b(?:fn|struct|enum|union|test)\b"),
    )
)
