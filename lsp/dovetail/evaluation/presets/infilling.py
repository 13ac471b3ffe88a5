"""HumanEval-Infilling and SAFIM as models with fill-in-the-middle are asked: prefix, suffix, middle, greedy."""

from __future__ import annotations

from dovetail.evaluation.presets.preset import (
    BOS,
    CLIENT,
    FIM_MIDDLE,
    FIM_PREFIX,
    FIM_SUFFIX,
    NO_PARTS,
    Preset,
)
from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites import humaneval_infilling, safim
from dovetail.evaluation.task import Task, TextHole
from dovetail_models.api import CompletionJob, Piece, VerbatimPrompt

MAX_TOKENS = 512


def job(task: Task) -> CompletionJob:
    """Return the prompt of a hole in a text, with nothing but its marks."""
    hole = task.question
    if not isinstance(hole, TextHole):
        raise TypeError(f"task {task.id} has no text")
    pieces = (
        BOS,
        FIM_PREFIX,
        Piece(hole.prefix, label="prefix"),
        FIM_SUFFIX,
        Piece(hole.suffix, label="suffix", keep="beginning"),
        FIM_MIDDLE,
    )
    return CompletionJob(NO_PARTS, CLIENT, max_tokens=MAX_TOKENS, verbatim=VerbatimPrompt(pieces, shortened=2))


HUMANEVAL_INFILLING = Preset(
    name="humaneval-infilling",
    suite="humaneval-infilling",
    title="the suite's own setting: prefix, suffix, middle; pass rate",
    source="arXiv 2207.14255, section 3",
    job=job,
    scorers=(PASSES, "exact_match", "edit_similarity"),
    cut=humaneval_infilling.cut,
    caveats=("The paper draws 100 samples at temperature 0.1; here decoding is greedy.",),
)
SAFIM = Preset(
    name="safim",
    suite="safim",
    title="the suite's setting with its PSM prompt: prefix, suffix, middle; pass@1",
    source="arXiv 2403.04814, section 4",
    job=job,
    scorers=(PASSES, "same_call", "exact_match"),
    cut=safim.cut,
    caveats=(
        "The suite runs programs in a judge of its own, with PyPy and Mono; here the installed tools run them.",
        "The suite's prompt begins with the problem's text; this one has the program alone.",
    ),
)
