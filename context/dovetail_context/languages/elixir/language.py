"""Elixir as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    after alias and case catch cond def defmacro defmodule defp defprotocol defstruct do else end false fn for
    if import in nil not or quote raise receive require rescue true try unless unquote use when with
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

ELIXIR = GenericLanguage(
    Profile(
        name="elixir",
        suffixes=(".ex", ".exs"),
        wheel="tree_sitter_elixir",
        package="dovetail_context.languages.elixir",
        notation=Notation(
            syntax(
                line=("#",),
                blocks=(),
                long=('"""',),
                begins="def defp defmodule defmacro if case cond with for end alias import use",
            ),
            KEYWORDS,
        ),
        rules=TypeRules(reexports=False, hidden_members=False, open_members=True),
        blocks="end",
        is_flat=True,
        by_last_name=True,
        sees="nothing",
        noise=re.compile(r"(?<!\S)#[^\n]*|\bdo\s*\Z"),
        hidden=re.compile(r"^defp\b"),
        trim="?!",
        opens=re.compile(r"\bdo[ \t]*$|^[ \t]*(?:end|else|def\w*|->)\b|->[ \t]*$", re.MULTILINE),
    )
)
