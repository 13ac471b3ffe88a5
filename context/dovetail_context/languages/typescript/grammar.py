"""The two grammars of TypeScript with the query files of this folder, and what they do not understand."""

import re
from dataclasses import replace

from dovetail_context.syntax import Grammar, SyntaxTree, load_grammar

_WITHOUT_JSX = (".ts", ".mts", ".cts")
# `<in out T>`: variance is unknown to the grammar and would cost the whole definition.
_VARIANCE = re.compile(r"([<,]\s*)(in\s+out|out|in)(?=\s+[A-Z_$][\w$]*\s*(?:extends\b|[=,>]))")
# Few files have it, and Python searches faster for a pattern that begins with one plain character.
_MAY_VARY = (re.compile(r"<\s*(?:in|out)\s"), re.compile(r",\s*(?:in|out)\s"))


def grammar(path: str = "") -> Grammar:
    """The grammar for a file of this name, loaded once.

    JavaScript is read with the grammar of TypeScript with JSX, which understands it. Without JSX, `<T>value` is an
    assertion. The default is the grammar with JSX, for pieces of code whose file does not matter.
    """
    function = "language_typescript" if path.endswith(_WITHOUT_JSX) else "language_tsx"
    return load_grammar("tree_sitter_typescript", "dovetail_context.languages.typescript", function)


def parse(path: str, text: str) -> SyntaxTree:
    """Parse a whole file. Every character keeps its place, and the tree speaks of the text as it is."""
    understood = text
    if any(each.search(text) for each in _MAY_VARY):
        understood = _VARIANCE.sub(lambda found: found[1] + " " * len(found[2]), text)
    tree = grammar(path).parse(understood)
    return tree if understood == text else replace(tree, data=text.encode("utf-8", "replace"))
