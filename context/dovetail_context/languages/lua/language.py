"""Lua as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    and break do else elseif end false for function goto if in local nil not or repeat return then true until
    while
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

LUA = GenericLanguage(
    Profile(
        name="lua",
        suffixes=(".lua", ".rockspec"),
        wheel="tree_sitter_lua",
        package="dovetail_context.languages.lua",
        notation=Notation(
            syntax(
                line=("--",),
                blocks=(("--[[", "]]"), ("[[", "]]")),
                begins="function local if for while repeat return end",
                connectors=(":", "."),
            ),
            KEYWORDS,
            connectors=(":", "."),
        ),
        rules=TypeRules(open_members=True),
        blocks="end",
        sees="nothing",
        module_paths=("{}.lua", "{}/init.lua", "lua/{}.lua", "lua/{}/init.lua"),
        noise=re.compile(r"--[^\n]*"),
        opens=re.compile(r"^[ \t]*(?:local\s+)?(?:function|if|for|while|repeat|else|elseif|end|do)\b", re.MULTILINE),
    )
)
