"""The generation suites of the DeepSeek-Coder paper (arXiv 2401.14196, sections 4.1 and 4.4): left to right, greedy."""

from __future__ import annotations

from dovetail.evaluation.presets.preset import BOS, CLIENT, NO_PARTS, Preset, Published
from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites.ds1000 import DS1000
from dovetail.evaluation.suites.humaneval import HUMANEVAL
from dovetail.evaluation.suites.mbpp import MBPP
from dovetail.evaluation.suites.word_problems import GSM8K, MATH
from dovetail.evaluation.task import Task
from dovetail_models.api import CompletionJob, Piece, VerbatimPrompt

MAX_TOKENS = 512
WINDOW = 2048

_QUANTIZED = "Published figures are of unquantized weights."


def continued(task: Task) -> CompletionJob:
    """Return the suite's prompt, to be continued, until a text that ends the answer."""
    pieces = (BOS, Piece(task.official["prompt"], label="prefix"))
    return CompletionJob(
        NO_PARTS, CLIENT, max_tokens=MAX_TOKENS, stop=task.stop, verbatim=VerbatimPrompt(pieces, shortened=1)
    )


def humaneval(task: Task) -> CompletionJob:
    """Return HumanEval's prompt: DeepSeek's program removes the spaces around it."""
    pieces = (BOS, Piece(task.official["prompt"].strip(), label="prefix"))
    return CompletionJob(
        NO_PARTS, CLIENT, max_tokens=MAX_TOKENS, stop=task.stop, verbatim=VerbatimPrompt(pieces, shortened=1)
    )


def _ends_function(text: str) -> bool:
    """Return whether a Python function has ended: a line that is not indented has begun after its body."""
    lines = text.split("\n")
    return any(line.strip() and not line[0].isspace() and line[0] not in "#)]}" for line in lines[1:])


DEEPSEEK_HUMANEVAL = Preset(
    name="deepseek-table3",
    suite="humaneval",
    title="DeepSeek-Coder, Table 3: HumanEval in eight languages, pass@1",
    source="arXiv 2401.14196, section 4.1",
    job=humaneval,
    scorers=(PASSES,),
    cut=HUMANEVAL.cut,
    window=WINDOW,
    published=(
        Published("DeepSeek-Coder-Base 1.3B", {"python": 34.8, "all": 28.3}),
        Published("DeepSeek-Coder-MQA-Base 5.7B", {"python": 48.7, "all": 41.3}),
        Published("DeepSeek-Coder-Base 6.7B", {"python": 49.4, "all": 44.7}),
        Published("DeepSeek-Coder-Base 33B", {"python": 56.1, "all": 50.3}),
    ),
    caveats=(_QUANTIZED, "The table's mean is over eight languages; languages without tools here are left out."),
)
DEEPSEEK_MBPP = Preset(
    name="deepseek-mbpp",
    suite="mbpp",
    title="MBPP, three-shot, pass@1",
    source="arXiv 2401.14196, section 4.1",
    job=continued,
    scorers=(PASSES,),
    cut=MBPP.cut,
    window=WINDOW,
    published=(
        Published("DeepSeek-Coder-Base 1.3B", {"three-shot": 46.2}),
        Published("DeepSeek-Coder-MQA-Base 5.7B", {"three-shot": 57.2}),
        Published("DeepSeek-Coder-Base 6.7B", {"three-shot": 60.6}),
        Published("DeepSeek-Coder-Base 33B", {"three-shot": 66.0}),
    ),
    caveats=(_QUANTIZED, "The three solved tasks are 2, 3 and 4 of the file: a file without them is asked zero-shot."),
)
DEEPSEEK_DS1000 = Preset(
    name="deepseek-ds1000",
    suite="ds1000",
    title="DS-1000, pass@1",
    source="arXiv 2401.14196, section 4.1",
    job=continued,
    scorers=(PASSES,),
    cut=DS1000.cut,
    published=(
        Published("DeepSeek-Coder-Base 1.3B", {"mean": 16.2}),
        Published("DeepSeek-Coder-MQA-Base 5.7B", {"mean": 27.7}),
        Published("DeepSeek-Coder-Base 6.7B", {"mean": 30.5}),
        Published("DeepSeek-Coder-Base 33B", {"mean": 40.2}),
    ),
    caveats=(_QUANTIZED, "Figures depend on the versions of the libraries that are installed."),
)
_SHOTS = "The published prompt shows solved problems first, which are not part of Dovetail; this one shows none."
DEEPSEEK_GSM8K = Preset(
    name="deepseek-gsm8k",
    suite="gsm8k",
    title="GSM8K answered by a program",
    source="arXiv 2401.14196, section 4.4",
    job=continued,
    scorers=(PASSES,),
    cut=GSM8K.cut,
    enough=_ends_function,
    caveats=(_QUANTIZED, _SHOTS),
)
DEEPSEEK_MATH = Preset(
    name="deepseek-math",
    suite="math",
    title="MATH answered by a program, the problems with a number as answer",
    source="arXiv 2401.14196, section 4.4",
    job=continued,
    scorers=(PASSES,),
    cut=MATH.cut,
    enough=_ends_function,
    caveats=(_QUANTIZED, _SHOTS, "Only problems whose answer is a number are scored."),
)
