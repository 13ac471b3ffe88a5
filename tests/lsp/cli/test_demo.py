"""`dovetail demo`: which places it chooses, and how it judges and counts the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dovetail.demo.answers import Answer, most_confident, summary
from dovetail.demo.holes import MIN_CUT_CHARACTERS, Hole, find_holes
from dovetail_context.index.index import WorkspaceIndex

HOLE = Hole("a.py", 1, 8, "x = run(\n", "first, second)")


def answer(text: str, logprob: float | None = -0.5) -> Answer:
    return Answer(HOLE, text, logprob, "a model", (), 1.0)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", "silent"),
        ("first, second)", "exactly right"),
        ("first, ", "right so far"),
        ("second", "different"),
        ("first, second)\nmore", "different"),
    ],
)
def test_an_answer_is_compared_with_what_the_author_wrote(text: str, verdict: str) -> None:
    assert answer(text).verdict == verdict


def test_the_most_confident_are_those_shown_with_the_highest_log_probability() -> None:
    best, good, unknown, silent = answer("a", -0.1), answer("b", -0.4), answer("c", None), answer("", -0.01)
    assert most_confident([unknown, silent, good, best], 2) == [best, good]
    assert most_confident([unknown, silent], 2) == [unknown]


def test_the_counts_add_up() -> None:
    line = summary([answer(""), answer("first, second)"), answer("first"), answer("x"), answer("y")])
    assert line == ("Asked 5: silent 1, shown 4. Of the shown: exactly right 1, right as far as shown 1, different 2.")


def test_holes_are_of_all_files_in_turn_and_the_text_with_the_cut_is_the_file(project: Path) -> None:
    index = WorkspaceIndex(project)
    index.build()
    index.close()
    holes = list(find_holes(index.snapshot))
    assert {hole.path for hole in holes[:2]} == {"game.py", "board.py"}
    for hole in holes:
        lines = hole.text.split("\n")
        lines[hole.line - 1] += hole.cut
        assert "\n".join(lines).rstrip("\n") == (project / hole.path).read_text(encoding="utf-8").rstrip("\n")
        assert len(hole.cut.strip()) >= MIN_CUT_CHARACTERS and len(lines[hole.line - 1]) > hole.column - 1
    assert holes == list(find_holes(index.snapshot))
