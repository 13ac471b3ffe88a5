"""`python -m models.starter evaluate`: the shipped form on tasks of projects that it never saw, against baselines,
with and without context.

Needs llama-cpp-python and the product's command line, not torch: what is measured is the file that users get, asked
as users ask it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from models.starter.evaluation.baselines import CachedNGram, NGram, similar_line
from models.starter.evaluation.model import StarterModel
from models.starter.evaluation.product import LINE_TOKENS, Answer, Product
from models.starter.evaluation.scores import edit_similarity, exact_match, identifier_f1, paired_interval
from models.starter.evaluation.tasks import Task

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
    gguf: Path, tasks: Sequence[Task], budget: int, training_ids: np.ndarray | None, folder: Path
) -> dict[str, object]:
    """Run every completer on every task; write results.jsonl and summary.json into `folder` and return the summary.

    A `budget` of tokens of other files adds the completers with context; `training_ids` (a stream) the 6-gram baseline.
    """
    model, product = StarterModel(gguf), Product(tasks)
    results: list[Result] = []
    shown: list[Result] = []
    ways = [(MODEL, 0, False), (ANCHORED, 0, True)]
    ways += [(WITH_CONTEXT, budget, False), (ANCHORED_WITH_CONTEXT, budget, True)] if budget else []
    without: dict[bool, dict[str, Answer]] = {}
    for name, tokens, is_anchored in ways:
        answers = product.ask(gguf, budget=tokens, is_anchored=is_anchored)
        plain = without.setdefault(is_anchored, answers)
        for task in tasks:
            answer = answers[task.id]
            if tokens and answer.prompt == plain[task.id].prompt and not answer.names:
                continue  # without any context the two would be the same
            bits = model.truth_bits(answer.prompt, _line(task) if is_anchored else "", task.truth)
            results.append(_result(task, name, answer.written, bits))
            shown.append(_result(task, name, answer.shown, None))
    for name, completions in _baselines(model, tasks, training_ids):
        visible = product.show({id: text for id, (text, _) in completions.items()})
        results += [_result(task, name, *completions[task.id]) for task in tasks]
        shown += [_result(task, name, visible[task.id], None) for task in tasks]
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


def _baselines(
    model: StarterModel, tasks: Sequence[Task], training_ids: np.ndarray | None
) -> Iterator[tuple[str, dict[str, tuple[str, float | None]]]]:
    """The completers that learn nothing deep: by task id a completion, and the bits of the truth where known."""
    yield "similar line", {task.id: (similar_line(task.prefix), None) for task in tasks}
    if training_ids is not None:
        plain = model.plain_vocabulary
        ngram = CachedNGram(NGram(training_ids, plain), plain)
        yield "6-gram + cache", {task.id: _by_ngram(ngram, model, task) for task in tasks}


def _line(task: Task) -> str:
    return task.prefix[task.prefix.rfind("\n") + 1 :]


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
