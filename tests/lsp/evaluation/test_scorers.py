"""Scorers against hand-checked cases, 50 or more of each, and each definition against worked examples.

`cases/` has the pairs, with the values that follow from the definitions: `text_scores` (first line, whole text, lines,
indel similarity, identifiers in order, as multisets, and the first), `crosscodeeval_scores`, `repoeval_scores`,
`same_call_scores` (SAFIM), `saved_scores` (characters in the right beginning, over those of the truth), and
`silence_scores` (where silence is right: the kind of place, the lines that followed, what was shown).
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dovetail.evaluation.scorers.crosscodeeval import first_statement
from dovetail.evaluation.scorers.identifiers import code_identifiers
from dovetail.evaluation.scorers.registry import SCORERS, score_text
from dovetail.evaluation.scorers.safim import same_call
from dovetail.evaluation.scorers.text_match import exact_match_repoeval, levenshtein_similarity
from dovetail.evaluation.task import FOLLOWING, Task, TextHole

FOLDER = Path(__file__).parent / "cases"
CASES = [
    pytest.param(json.loads(line), id=f"{file.stem}-{number}")
    for file in sorted(FOLDER.glob("*_scores.jsonl"))
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"))
    if line
]


def task(truth: str, language: str = "python", prefix: str = "") -> Task:
    return Task("t", "g", language, TextHole("a.py", prefix), truth)


@pytest.mark.parametrize("case", CASES)
def test_scores(case: dict[str, Any]) -> None:
    asked = task(case.get("truth", ""), case.get("language", "python"), case.get("prefix", ""))
    if "quiet" in case:
        asked = replace(asked, quiet=case["quiet"], official={FOLLOWING: case["following"]})
    assert score_text(list(case["scores"]), case["written"], asked) == pytest.approx(case["scores"], abs=1e-4)


@pytest.mark.parametrize("scorer", [scorer.name for scorer in SCORERS])
def test_each_scorer_has_fifty_cases_and_both_ends(scorer: str) -> None:
    values = [case.values[0]["scores"][scorer] for case in CASES if scorer in case.values[0]["scores"]]
    assert len(values) >= 50 and min(values) == 0.0 and max(values) == 1.0


def test_names_are_unique_and_every_scorer_has_a_source() -> None:
    assert len({scorer.name for scorer in SCORERS}) == len(SCORERS)
    assert all(scorer.source and scorer.title for scorer in SCORERS)


CROSSCODEEVAL = [
    # language, truth, written: exact, similarity, identifiers in order, F1 of sets
    # "return a + b": the statement ends with the line, the rest does not count.
    ("python", "return a + b", "return a + b\nprint(1)\n", (1.0, 1.0, 1.0, 1.0)),
    # Comments are removed from both sides; what is left is "return a + b  " and "return a + b".
    ("python", "return a + b", "return a + b  # sum\n", (1.0, 0.9231, 1.0, 1.0)),
    # A call over two lines is one statement: the first line end at which the text parses is the second.
    ("python", "f(a,\n  b)", "f(a,\n  b)\nc\n", (1.0, 1.0, 1.0, 1.0)),
    # Cut at the first ; { or }.
    ("java", "list.add(x);", "list.add(x); list.clear();", (1.0, 1.0, 1.0, 1.0)),
    ("java", "list.add(x);", "list.add(y);", (0.0, 0.9167, 0.0, 2 / 3)),
    # Sets: {a, b} and {a, c} share one of two; multisets would give 2*3/8.
    ("python", "a + a + a + b", "a + a + a + c\n", (0.0, 0.9231, 0.0, 0.5)),
    # Keywords and what is in strings are no identifiers; no identifier on either side is no hit.
    ("python", "return 'a b'", "return 'c d'\n", (0.0, 0.8333, 1.0, 0.0)),
    ("typescript", "const x = 'q';", "const y = 'q';", (0.0, 0.9286, 0.0, 0.0)),
]


@pytest.mark.parametrize(("language", "truth", "written", "expected"), CROSSCODEEVAL)
def test_crosscodeeval(language: str, truth: str, written: str, expected: tuple[float, ...]) -> None:
    names = ["cceval_exact_match", "cceval_edit_similarity", "cceval_identifier_match", "cceval_identifier_f1"]
    prefix = "def f(a, b):\n    " if language == "python" and truth.startswith("return") else ""
    found = score_text(names, written, task(truth, language, prefix))
    assert list(found.values()) == pytest.approx(list(expected), abs=1e-4)


def test_the_first_statement_of_python_ends_where_the_file_parses() -> None:
    assert first_statement("def f(a):\n    ", "return [\n    a,\n]\nx = 1\n", "python") == "return [\n    a,\n]"
    assert first_statement("", "no end", "python") == "no end"
    assert first_statement("", "if (x) { y(); }", "csharp") == "if (x) {"


def test_identifiers_of_code() -> None:
    assert code_identifiers("x = f(\"y z\", 'w') if True else None", "python") == ["x", "f"]
    assert code_identifiers("public static int n = m.size();", "java") == ["n", "m", "size"]


@pytest.mark.parametrize(
    ("truth", "written", "exact", "similarity"),
    [
        ("x = 1\n", "  x = 1\ny = 2", 1.0, 1.0),
        # One character of five differs: 1 - 1/5.
        ("x = 1", "x = 2", 0.0, 0.8),
        # Blank lines do not count; both lines are compared.
        ("a\nb", "a\n\nb\nc", 1.0, 1.0),
        # "kitten" and "sitting" differ by three edits: 1 - 3/7.
        ("kitten", "sitting", 0.0, 1 - 3 / 7),
        ("abc", "", 0.0, 0.0),
    ],
)
def test_repoeval(truth: str, written: str, exact: float, similarity: float) -> None:
    assert exact_match_repoeval(written, truth) == exact
    assert levenshtein_similarity(written, truth) == pytest.approx(similarity)


@pytest.mark.parametrize(
    ("written", "truth", "language", "expected"),
    [
        ("f(a, b)", "f( a,b )", "python", 1.0),
        ("f(x=1, y=2)", "f(y=2, x=1)", "python", 1.0),
        ("g(a)", "f(a)", "python", 1.0),  # the suite compares arguments alone
        ("f(a, b)", "f(b, a)", "python", 0.0),
        ("a + b", "a+b", "python", 1.0),
        ("f(", "f(a)", "python", 0.0),
        ("json::parse( data )", "json::parse(data)", "cpp", 1.0),
        ("parse(data)", "json::parse(data)", "cpp", 0.0),
    ],
)
def test_safim(written: str, truth: str, language: str, expected: float) -> None:
    assert same_call(written, truth, language) == expected
