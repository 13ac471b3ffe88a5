"""`python -m models.starter evaluate`: the shipped form on tasks of projects that it never saw, against baselines,
with and without context.

Needs llama-cpp-python and the product's packages, not torch: what is measured is the file that users get.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from models.starter.evaluation.baselines import CachedNGram, NGram, similar_line
from models.starter.evaluation.model import LINE_TOKENS, StarterModel
from models.starter.evaluation.projects import members_behind
from models.starter.evaluation.scores import edit_similarity, exact_match, identifier_f1, paired_interval
from models.starter.evaluation.tasks import NO_CONTEXT, Context, Task

from dovetail.completion.postprocessing.shaping import shape
from dovetail.completion.postprocessing.unknown_members import MembersBehind
from dovetail.completion.preparation.place import read_place
from dovetail.completion.values import Extent

# The model with its prefix up to the cursor, and with its prefix up to the line's start and the rest of it forced.
MODEL, ANCHORED = "model", "anchored model"
WITH_CONTEXT, ANCHORED_WITH_CONTEXT = "model + context", "anchored model + context"
FILE_WINDOW = 8000  # characters around the hole that the n-gram cache reads


@dataclass(frozen=True, slots=True)
class Result:
    """One completer's answer to one task."""

    id: str
    language: str
    kind: str
    completer: str
    completion: str
    truth: str
    exact_match: float
    edit_similarity: float
    identifier_f1: float
    truth_bits: float | None
    truth_bytes: int


def evaluate(
    gguf: Path,
    tasks: Sequence[Task],
    contexts: Mapping[str, Context],
    training_ids: np.ndarray | None,
    folder: Path,
) -> dict[str, object]:
    """Run every completer on every task; write results.jsonl and summary.json into `folder` and return the summary.

    `contexts` (task id to pieces) adds the completer `model + context`; `training_ids` (a stream) the 6-gram baseline.
    """
    model = StarterModel(gguf)
    completers: dict[str, Callable[[Task], tuple[str, float | None]]] = {
        MODEL: lambda task: _asked(model, task, NO_CONTEXT),
        ANCHORED: lambda task: _asked(model, task, NO_CONTEXT, anchored=True),
        "similar line": lambda task: (similar_line(task.prefix), None),
    }
    if contexts:
        completers[WITH_CONTEXT] = lambda task: _asked(model, task, contexts.get(task.id, NO_CONTEXT))
        completers[ANCHORED_WITH_CONTEXT] = lambda task: _asked(
            model, task, contexts.get(task.id, NO_CONTEXT), True, partial(members_behind, task)
        )
    if training_ids is not None:
        plain = model.plain_vocabulary
        ngram = CachedNGram(NGram(training_ids, plain), plain)
        completers["6-gram + cache"] = lambda task: _by_ngram(ngram, model, task)
    results = [
        _result(task, name, *complete(task))
        for name, complete in completers.items()
        for task in tasks
        if name not in (WITH_CONTEXT, ANCHORED_WITH_CONTEXT)
        or contexts.get(task.id, NO_CONTEXT) != NO_CONTEXT  # without any context the two would be the same
    ]
    by_id = {task.id: task for task in tasks}
    shown = [_result(by_id[row.id], row.completer, _shown(by_id[row.id], row.completion), None) for row in results]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.jsonl").write_text(
        "".join(json.dumps(asdict(result), ensure_ascii=False) + "\n" for result in results), encoding="utf-8"
    )
    summary = {
        "file": gguf.name,
        "sha256": hashlib.sha256(gguf.read_bytes()).hexdigest(),
        "window": model.window,
        "as written": summarize(results),
        "as the product shows it": summarize(shown),
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
    return summary


def summarize(results: Sequence[Result]) -> dict[str, object]:
    """Means by completer and language, and the model against each other completer with its paired interval."""
    names = list(dict.fromkeys(result.completer for result in results))
    by_name = {name: [result for result in results if result.completer == name] for name in names}
    means = {}
    for name, rows in by_name.items():
        for language in ("all", *sorted({row.language for row in rows})):
            chosen = [row for row in rows if language in ("all", row.language)]
            means[f"{name} / {language}"] = _means(chosen)
    comparisons = {}
    baselines = [name for name in names if name not in (MODEL, ANCHORED, WITH_CONTEXT, ANCHORED_WITH_CONTEXT)]
    against_baselines = [
        (ours, baseline) for ours in (MODEL, ANCHORED, ANCHORED_WITH_CONTEXT) for baseline in baselines
    ]
    against_itself = [(ANCHORED, MODEL), (WITH_CONTEXT, MODEL), (ANCHORED_WITH_CONTEXT, ANCHORED)]
    for better, other in [*against_baselines, *against_itself]:
        if better in by_name and other in by_name:
            for score in ("exact_match", "edit_similarity", "identifier_f1"):
                interval = paired_interval(*_paired(by_name[better], by_name[other], score))
                comparisons[f"{better} - {other}: {score}"] = [round(100 * value, 2) for value in interval]
    return {"means": means, "differences_with_95_percent_intervals": comparisons}


def _paired(ours: Sequence[Result], theirs: Sequence[Result], score: str) -> tuple[list[float], list[float]]:
    """The scores of the tasks that both have answered, in the same order."""
    other = {row.id: getattr(row, score) for row in theirs}
    both = [row for row in ours if row.id in other]
    return [getattr(row, score) for row in both], [other[row.id] for row in both]


def _means(rows: Sequence[Result]) -> dict[str, float | int | None]:
    costed = [row for row in rows if row.truth_bits is not None]
    means: dict[str, float | int | None] = {
        score: round(100 * sum(getattr(row, score) for row in rows) / len(rows), 2)
        for score in ("exact_match", "edit_similarity", "identifier_f1")
    }
    size = sum(row.truth_bytes for row in costed)
    means["bits_per_byte"] = round(sum(row.truth_bits or 0.0 for row in costed) / size, 3) if size else None
    means["tasks"] = len(rows)
    return means


def _asked(
    model: StarterModel,
    task: Task,
    context: Context,
    anchored: bool = False,
    members: MembersBehind | None = None,
) -> tuple[str, float | None]:
    answer = model.answer(task, context, anchored, members)
    return answer.completion, answer.truth_bits


def _by_ngram(ngram: CachedNGram, model: StarterModel, task: Task) -> tuple[str, float | None]:
    prefix, suffix = model.tokens(task.prefix[-FILE_WINDOW:]), model.tokens(task.suffix[:FILE_WINDOW])
    ngram.open(prefix, suffix)
    bits, history = 0.0, list(prefix[-8:])
    for token in model.tokens(task.truth):
        bits -= float(np.log2(ngram.probabilities(history)[token]))
        history = [*history, token][-8:]
    written, history = b"", list(prefix[-8:])
    for _ in range(LINE_TOKENS):
        token = int(np.argmax(ngram.probabilities(history)))
        piece = model.piece(token)
        if b"\n" in piece:
            break
        written += piece
        history = [*history, token][-8:]
    return written.decode("utf-8", "replace"), bits


def _shown(task: Task, completion: str) -> str:
    """A completion, whoever wrote it, shaped as the product does it: without loops, and not so that the file breaks."""
    place = read_place(task.path, task.prefix + task.suffix, len(task.prefix))
    lines = task.truth.count("\n") + 1
    return shape(completion, place, Extent("rest", 1) if lines == 1 else Extent("line", lines)).text


def _result(task: Task, completer: str, completion: str, bits: float | None) -> Result:
    truth = task.truth
    return Result(
        id=task.id,
        language=task.language,
        kind=task.kind,
        completer=completer,
        completion=completion,
        truth=truth,
        exact_match=exact_match(completion, truth),
        edit_similarity=edit_similarity(completion, truth),
        identifier_f1=identifier_f1(completion, truth),
        truth_bits=bits,
        truth_bytes=len(truth.encode()),
    )
