"""Single-line infilling as DeepSeek-Coder's Table 6 and the Qwen2.5-Coder report's Table 7 have it.

The prompt is the trained one, with nothing before it but the beginning-of-text token (arXiv 2401.14196, section 3.1.2):
<fim_begin>prompt<fim_hole>suffix<fim_end>. Decoding is greedy. The prompt ends without the newline after its last line,
so the answer begins with one.
"""

from __future__ import annotations

from dovetail.evaluation.presets.preset import (
    BOS,
    CLIENT,
    FIM_MIDDLE,
    FIM_PREFIX,
    FIM_SUFFIX,
    NO_PARTS,
    Preset,
    Published,
    has_a_line,
)
from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites.santacoder_fim import cut
from dovetail.evaluation.task import Task
from dovetail_models.api import CompletionJob, Piece, VerbatimPrompt

MAX_TOKENS = 128
"""No paper gives a limit; the longest answer has 60 tokens."""

_CAVEATS = (
    "The two published tables are not comparable with each other: DeepSeek reports lower figures for the same models.",
    "Neither report says how an answer is cut; here it is the first line with text.",
    "Reports differ on whether Table 6 counts equal lines or passed tests; both are given here.",
    "Published figures are of unquantized weights.",
)


def job(task: Task) -> CompletionJob:
    """Return the paper's prompt for a task."""
    pieces = (
        BOS,
        FIM_PREFIX,
        Piece(task.official["prompt"], label="prefix"),
        FIM_SUFFIX,
        Piece(task.official["suffix"], label="suffix", keep="beginning"),
        FIM_MIDDLE,
    )
    return CompletionJob(NO_PARTS, CLIENT, max_tokens=MAX_TOKENS, verbatim=VerbatimPrompt(pieces, shortened=2))


def _row(model: str, python: float, java: float, javascript: float, mean: float) -> Published:
    return Published(model, {"python": python, "java": java, "javascript": javascript, "all": mean})


DEEPSEEK_TABLE6 = Preset(
    name="deepseek-table6",
    suite="santacoder-fim",
    title="DeepSeek-Coder, Table 6: single-line infilling",
    source="arXiv 2401.14196, section 4.2",
    job=job,
    scorers=("exact_match_first_line", "exact_match_whole", PASSES, "edit_similarity"),
    cut=cut,
    enough=has_a_line,
    published=(
        _row("DeepSeek-Coder-Base 1.3B", 57.4, 82.2, 71.7, 70.4),
        _row("DeepSeek-Coder-Base 6.7B", 66.6, 88.1, 79.7, 80.7),
        _row("DeepSeek-Coder-Base 33B", 65.4, 86.6, 82.5, 81.2),
        _row("SantaCoder 1.1B", 44.0, 62.0, 74.0, 69.0),
        _row("StarCoder 16B", 62.0, 73.0, 74.0, 69.7),
        _row("CodeLlama 7B", 67.6, 74.3, 80.2, 69.7),
        _row("CodeLlama 13B", 68.3, 77.6, 80.7, 75.5),
    ),
    caveats=_CAVEATS,
)

QWEN_TABLE7 = Preset(
    name="qwen-table7",
    suite="santacoder-fim",
    title="Qwen2.5-Coder report, Table 7: the same lines, exact match of the first line",
    source="arXiv 2409.12186, section 6",
    job=job,
    scorers=("exact_match_first_line", "edit_similarity"),
    cut=cut,
    enough=has_a_line,
    published=(
        _row("DeepSeek-Coder-Base 1.3B", 72.8, 84.3, 81.7, 80.7),
        _row("DeepSeek-Coder-Base 6.7B", 78.1, 87.4, 84.1, 84.0),
        _row("DeepSeek-Coder-Base 33B", 80.1, 89.0, 86.8, 86.2),
    ),
    caveats=_CAVEATS,
)
