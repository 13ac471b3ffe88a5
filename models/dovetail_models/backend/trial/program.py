"""The child process: `python -E -P -m dovetail_models.backend.trial.program [PRACTICE_MODEL]`.

It loads the installed llama.cpp and reports its devices. With a practice model it also decodes with the starter model
and measures the speed. A line on standard output announces each stage, so that the parent knows where a crash happened.
The last line is the report. An exception ends the process with its text on standard error. The functions import
llama.cpp themselves, after the announcement of that stage.
"""

import dataclasses
import math
import os
import sys
import time
from pathlib import Path

import psutil

from dovetail_models.backend.trial.report import BuildReport, Device, to_json

STAGE = "stage "
"""What a line begins with that announces a stage."""

REPORT = "report "
"""What the line begins with that holds the report."""

PROMPT = b"def add(first: int, second: int) -> int:\n    return "
ANSWER_TOKENS = 8
STARTER_WINDOW = 256

PRACTICE_PROMPT_TOKENS = 128
PRACTICE_ANSWER_TOKENS = 16
MICRO_BATCH = 128
REPEATS = 2
"""Of a measurement; the best counts, since other programs only ever slow it down."""

ALL_LAYERS = 999


def main() -> None:
    """Run the trial and print what comes of it."""
    _say(STAGE, "import")
    report = _report()
    if len(sys.argv) > 1:
        _say(STAGE, "decode")
        agreement = _agreement(bool(report.gpus))
        _say(STAGE, "measure")
        read_s, write_s = _measure(Path(sys.argv[1]))
        report = dataclasses.replace(report, agreement=agreement, read_s=read_s, write_s=write_s)
    _say(REPORT, to_json(report))


def _report() -> BuildReport:
    from dovetail_models.engine.runtime import llama_api
    from dovetail_models.engine.runtime.devices import backends, devices

    found = tuple(Device(one.name, one.description, one.kind, one.backend, one.total_bytes) for one in devices())
    return BuildReport(llama_api.version(), llama_api.build(), backends(), found)


def _agreement(gpu: bool) -> float:
    """Return the cosine of the starter model's logits with and without the GPU. Raises ArithmeticError for logits that
    are no numbers."""
    best = _logits(ALL_LAYERS if gpu else 0)
    if not all(map(math.isfinite, best)):
        raise ArithmeticError("the starter model's logits are not numbers")
    if not gpu:
        return 1.0
    plain = _logits(0)
    product = sum(one * other for one, other in zip(best, plain, strict=True))
    return product / (math.hypot(*best) * math.hypot(*plain) or 1.0)


def _logits(gpu_layers: int) -> list[float]:
    """Return the logits after the prompt. Also decode some tokens, since each step may crash."""
    from dovetail_models.engine.runtime import llama
    from dovetail_models.files import resolve_model

    model = llama.load_model(resolve_model(None).path, gpu_layers)
    context = model.context(STARTER_WINDOW, _threads(), MICRO_BATCH)
    ids = model.vocabulary.tokenize(PROMPT)
    context.evaluate(ids, 0, 1, 0)
    prompt_logits = [float(value) for value in context.logits()]
    for place in range(len(ids), len(ids) + ANSWER_TOKENS):
        context.evaluate([int(context.logits().argmax())], place, 1, 0)
    context.close()
    model.close()
    return prompt_logits


def _measure(practice_model: Path) -> tuple[float, float]:
    """Return the seconds that the practice model takes to read and to write."""
    from dovetail_models.engine.runtime import llama, llama_api

    model = llama.load_model(practice_model, ALL_LAYERS if llama_api.offloads() else 0)
    context = model.context(PRACTICE_PROMPT_TOKENS + PRACTICE_ANSWER_TOKENS, _threads(), MICRO_BATCH)
    best = (math.inf, math.inf)
    for _ in range(1 + REPEATS):  # In the first round kernels are compiled and memory is touched.
        begin = time.perf_counter()
        for place in range(0, PRACTICE_PROMPT_TOKENS, MICRO_BATCH):
            context.evaluate([1] * MICRO_BATCH, place, 1, 0)
            context.logits()[0]  # Waits for the GPU.
        read = time.perf_counter()
        for place in range(PRACTICE_PROMPT_TOKENS, PRACTICE_PROMPT_TOKENS + PRACTICE_ANSWER_TOKENS):
            context.evaluate([1], place, 1, 0)
            context.logits()[0]
        written = time.perf_counter()
        best = min(best, (read - begin, written - read), key=sum)
        context.forget_from(0, 0)
    context.close()
    model.close()
    return best


def _threads() -> int:
    """Return one thread a physical core that this process may use, as the engine does by default."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable))


def _say(what: str, text: str) -> None:
    print(f"{what}{text}", flush=True)  # noqa: T201 - standard output is the channel to the parent


if __name__ == "__main__":
    main()
