"""Scores that compare the identifiers of a completion with those of the truth. Pure.

Two definitions are in use. Ours, that of many reports, compares all words of the lines, keywords included, as
multisets. CrossCodeEval's own leaves out keywords and what is in strings, and its F1 compares sets.
"""

from __future__ import annotations

import keyword
import re

from dovetail.completion.scoring import IDENTIFIER, as_many_lines, score
from dovetail.evaluation.scorers.scorer import Scorer

_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)

_JAVA = """
abstract assert boolean break byte case catch char class const continue default do double else enum extends final
finally float for goto if implements import instanceof int interface long native new package private protected public
return short static strictfp super switch synchronized this throw throws transient try void volatile while true false
null
"""
_TYPESCRIPT = """
abstract any as async await boolean break case catch class const constructor continue debugger declare default delete
do else enum export extends false finally for from function get if implements import in instanceof interface is let
module namespace new null number of package private protected public readonly require return set static string super
switch symbol this throw true try type typeof undefined var void while with yield
"""
_CSHARP = """
abstract as base bool break byte case catch char checked class const continue decimal default delegate do double else
enum event explicit extern false finally fixed float for foreach goto if implicit in int interface internal is lock
long namespace new null object operator out override params private protected public readonly ref return sbyte sealed
short sizeof stackalloc static string struct switch this throw true try typeof uint ulong unchecked unsafe ushort
using virtual void volatile while var
"""
_KEYWORDS = {
    "python": frozenset(keyword.kwlist),
    "java": frozenset(_JAVA.split()),
    "typescript": frozenset(_TYPESCRIPT.split()),
    "csharp": frozenset(_CSHARP.split()),
}
"""Reserved words of the languages that CrossCodeEval has."""


def identifier_match(written: str, truth: str) -> float:
    """Return whether the identifiers, of as many lines as the truth has, are the same in the same order."""
    return float(IDENTIFIER.findall(as_many_lines(written, truth)) == IDENTIFIER.findall(truth))


def identifier_f1(written: str, truth: str) -> float:
    """Return the F1 of the multisets of identifiers, of as many lines as the truth has."""
    return score(written, truth).identifier_f1


def next_identifier(written: str, truth: str) -> float:
    """Return whether the first identifier is the truth's first."""
    found, wanted = IDENTIFIER.search(as_many_lines(written, truth)), IDENTIFIER.search(truth)
    return float(found is not None and wanted is not None and found.group() == wanted.group())


def code_identifiers(text: str, language: str) -> list[str]:
    """Return the identifiers of a text outside of strings, without the language's keywords."""
    reserved = _KEYWORDS.get(language, frozenset())
    return [name for name in IDENTIFIER.findall(_STRING.sub(" ", text)) if name not in reserved]


def code_identifier_match(written: str, truth: str, language: str) -> float:
    """Return whether the identifiers of all of `written` are the truth's, in order."""
    return float(code_identifiers(written, language) == code_identifiers(truth, language))


def code_identifier_f1(written: str, truth: str, language: str) -> float:
    """Return the F1 of the sets of identifiers of all of `written` and of the truth; 0 where neither has any."""
    found, wanted = set(code_identifiers(written, language)), set(code_identifiers(truth, language))
    total = len(found) + len(wanted)
    return 2 * len(found & wanted) / total if total else 0.0


IDENTIFIER_MATCH = Scorer(
    "identifier_match",
    "the identifiers are the same, in order",
    "Dovetail",
    lambda written, task: identifier_match(written, task.truth),
)
IDENTIFIER_F1 = Scorer(
    "identifier_f1",
    "F1 of the multisets of identifiers",
    "Dovetail",
    lambda written, task: identifier_f1(written, task.truth),
)
NEXT_IDENTIFIER = Scorer(
    "next_identifier",
    "the first identifier is right",
    "monitor-guided decoding, DotPrompts (arXiv 2306.10763)",
    lambda written, task: next_identifier(written, task.truth),
)
