"""Prompts of presets against what the papers describe: as text, and token for token in DeepSeek-Coder's vocabulary.

The expectations are written here from the descriptions, with the ids of marks and the vocabulary's own tokens of each
text; nothing of the presets takes part in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dovetail.evaluation.presets.preset import Preset
from dovetail.evaluation.presets.registry import PRESETS, preset_named
from dovetail.evaluation.suites.registry import suite_named
from dovetail.evaluation.suites.suite import read_tasks
from dovetail.evaluation.task import Snippet, Task, TextHole
from dovetail_models.engine.runtime import llama
from dovetail_models.engine.runtime.tokenizer import Tokenizer
from dovetail_models.engine.runtime.vocabulary import Vocabulary
from dovetail_models.prompt.formats.deepseek import DEEPSEEK
from dovetail_models.prompt.segments import Special, flat
from dovetail_models.prompt.verbatim import fit_verbatim

BOS, HOLE, BEGIN, END = 32013, 32015, 32016, 32017
ROOM = 16_000

PREFIX = "import os\n\n\ndef size(path: str) -> int:\n    status = os."
SUFFIX = "\n    return status.st_size\n"
RETRIEVED = "# the below code fragment can be found in:\n# disk.py\n# def stat_of(path):\n"
LINE = {"prompt": "def add(a, b):\n    c = a + b", "suffix": "    return d\n"}
QUESTION = 'def solution():\n    """How many?"""\n'


def hole(prefix: str = PREFIX, suffix: str = SUFFIX) -> Task:
    """Return a task of CrossCodeEval or of an infilling suite."""
    question = TextHole("tools/size.py", prefix, suffix, (Snippet("disk.py", "A = 1\n"), Snippet("b.py", "B = 2\n")))
    return Task("t", "repository", "python", question, "stat(path)", official={"retrieved": RETRIEVED, "kind": "api"})


def line() -> Task:
    return Task("t", "g", "python", TextHole("a.py", "", ""), "    d = c", official=LINE)


def continued(text: str) -> Task:
    return Task("t", "g", "python", TextHole("a.py", text), "", official={"prompt": text})


Pieces = Sequence[int | str]
"""What a prompt is made of: ids of marks, and texts."""

CASES: dict[str, tuple[Task, Pieces]] = {
    # One line of a function: the trained prompt, nothing before it (DeepSeek-Coder, section 3.1.2).
    "deepseek-table6": (line(), (BOS, BEGIN, LINE["prompt"], HOLE, LINE["suffix"], END)),
    "qwen-table7": (line(), (BOS, BEGIN, LINE["prompt"], HOLE, LINE["suffix"], END)),
    # Left context alone; what was retrieved comes first, a line end between.
    "deepseek-table7-no-retrieval": (hole(), (BOS, PREFIX)),
    "deepseek-table7": (hole(), (BOS, RETRIEVED, "\n", PREFIX)),
    # What was retrieved follows the suffix after an empty line.
    "qwen-table8": (hole(), (BOS, BEGIN, PREFIX, HOLE, SUFFIX, "\n\n", RETRIEVED, END)),
    # Ours: other files under their paths, the most relevant last, then the file's own path.
    "crosscodeeval-dovetail": (
        hole(),
        (BOS, "#b.py\nB = 2\n", "#disk.py\nA = 1\n", "#tools/size.py\n", BEGIN, PREFIX, HOLE, SUFFIX, END),
    ),
    "humaneval-infilling": (hole(), (BOS, BEGIN, PREFIX, HOLE, SUFFIX, END)),
    "safim": (hole(), (BOS, BEGIN, PREFIX, HOLE, SUFFIX, END)),
    # DeepSeek's program removes the spaces around HumanEval's prompts.
    "deepseek-table3": (continued('def f():\n    """Do."""\n'), (BOS, 'def f():\n    """Do."""')),
    "deepseek-mbpp": (continued("You are an expert\n[BEGIN]"), (BOS, "You are an expert\n[BEGIN]")),
    "deepseek-ds1000": (continued("Problem:\n<code>\n"), (BOS, "Problem:\n<code>\n")),
    "deepseek-gsm8k": (continued(QUESTION), (BOS, QUESTION)),
    "deepseek-math": (continued(QUESTION), (BOS, QUESTION)),
}
MARKS = {BOS: "<bos>", HOLE: "<hole>", BEGIN: "<begin>", END: "<end>"}
ROLES = {"bos": BOS, "fim_suffix": HOLE, "fim_prefix": BEGIN, "fim_middle": END}


def test_every_preset_has_a_case() -> None:
    assert set(CASES) == {preset.name for preset in PRESETS}
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_prompt_as_text(name: str) -> None:
    task, expected = CASES[name]
    wanted = "".join(MARKS[piece] if isinstance(piece, int) else piece for piece in expected)
    assert as_text(preset_named(name), task) == wanted


def as_text(preset: Preset, task: Task) -> str:
    """Return a preset's whole prompt, marks in angle brackets."""
    job = preset.job(task)
    if job.verbatim is None:
        segments = flat(DEEPSEEK.lay_out(job.parts))
        return "".join(MARKS[ROLES[each.role.value]] if isinstance(each, Special) else each.text for each in segments)
    return "".join(MARKS[ROLES[piece.role]] if piece.role else piece.text for piece in job.verbatim.pieces)


@pytest.fixture(scope="module")
def vocabulary(shared: Path) -> Vocabulary:
    path = shared / "vocab" / "ggml-vocab-deepseek-coder.gguf"
    return llama.load_model(path, vocab_only=True).vocabulary


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_prompt_token_for_token(name: str, vocabulary: Vocabulary) -> None:
    task, expected = CASES[name]
    assert prompt_ids(vocabulary, preset_named(name), task) == ids_of(vocabulary, expected)


def prompt_ids(vocabulary: Vocabulary, preset: Preset, task: Task, room: int = ROOM) -> list[int]:
    """Return a preset's prompt in tokens, as the engine makes it."""
    tokenizer = Tokenizer(vocabulary, DEEPSEEK.markers)
    job = preset.job(task)
    if job.verbatim is None:
        return [token for block in tokenizer.blocks(DEEPSEEK.lay_out(job.parts)) for token in block.ids]
    fitted = fit_verbatim(job.verbatim, tokenizer.tokens, tokenizer.special, room)
    return [token for block in fitted.blocks for token in block.ids]


def ids_of(vocabulary: Vocabulary, pieces: Pieces) -> list[int]:
    """Return what a description amounts to: ids of marks, and llama.cpp's tokens of texts."""
    ids: list[int] = []
    for piece in pieces:
        ids += [piece] if isinstance(piece, int) else vocabulary.tokenize(piece.encode())
    return ids


def test_a_text_is_tokenized_whole(vocabulary: Vocabulary) -> None:
    """The line end between retrieved text and prefix makes no difference to the tokens around it."""
    whole = vocabulary.tokenize((RETRIEVED + "\n" + PREFIX).encode())
    assert whole == ids_of(vocabulary, (RETRIEVED, "\n", PREFIX))


def test_tables_limits_are_those_of_the_papers(vocabulary: Vocabulary) -> None:
    """Table 7: 2,048 tokens with the 50 of the answer, 512 retrieved, cut at their end, the prompt at its beginning."""
    words = "".join(f"w{number} = {number}\n" for number in range(3000))
    prefix, retrieved = "# first\n" + words, "# retrieved\n" + words
    task = replace(hole(prefix), official={"retrieved": retrieved, "kind": "api"})
    of_prefix, of_retrieved = (vocabulary.tokenize(text.encode()) for text in (prefix, retrieved))
    newline = vocabulary.tokenize(b"\n")

    seventh = prompt_ids(vocabulary, preset_named("deepseek-table7"), task)
    assert len(seventh) == 2048 - 50
    assert seventh == [BOS, *of_retrieved[:512], *newline, *of_prefix[-(2048 - 50 - 512 - 2) :]]
    assert preset_named("deepseek-table7").job(task).max_tokens == 50

    plain = prompt_ids(vocabulary, preset_named("deepseek-table7-no-retrieval"), task)
    assert plain == [BOS, *of_prefix[-(2048 - 50 - 1) :]]

    eighth = prompt_ids(
        vocabulary, preset_named("qwen-table8"), replace(task, question=TextHole("a.py", prefix, words))
    )
    assert len(eighth) == 8192 - 50
    of_words = vocabulary.tokenize(words.encode())
    rest = [HOLE, *of_words[:2048], *vocabulary.tokenize(b"\n\n"), *of_retrieved[:2048], END]
    assert eighth == [BOS, BEGIN, *of_prefix[-(8192 - 50 - 2 - len(rest)) :], *rest]


@pytest.mark.parametrize("name", ["deepseek-table6", "deepseek-table7", "humaneval-infilling", "deepseek-table3"])
def test_a_real_row_gives_its_preset_a_prompt(name: str, shared: Path) -> None:
    folder = shared / "eval" / "infilling"
    files = {
        "deepseek-table6": "santacoder-fim/fim_singleline.jsonl.gz",
        "deepseek-table7": "crosscodeeval-sample/sample.original.jsonl",
        "humaneval-infilling": "human-eval-infilling/HumanEval-SingleLineInfilling.jsonl.gz",
        "deepseek-table3": "humaneval/humaneval-python.jsonl",
    }
    preset = preset_named(name)
    task = next(read_tasks(suite_named(preset.suite), folder / files[name]))
    text = as_text(preset, task)
    checks: dict[str, Callable[[str], bool]] = {
        "deepseek-table6": lambda text: text.startswith("<bos><begin>import java.util.*;") and text.endswith("<end>"),
        "deepseek-table7": lambda text: text.startswith("<bos># Here are some relevant code fragments"),
        "humaneval-infilling": lambda text: text.startswith("<bos><begin>from typing import List"),
        "deepseek-table3": lambda text: text.endswith('True\n    """'),
    }
    assert checks[name](text)


def test_published_figures_are_percents_with_a_source() -> None:
    for preset in PRESETS:
        assert preset.source and preset.caveats
        assert all(0 < value < 100 for row in preset.published for value in row.figures.values())
