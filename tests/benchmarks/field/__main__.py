"""Compare the prompts of other tools with ours: quality with intervals and latency, in one table.

    python -m tests.benchmarks.field [TASKS.jsonl ...] [--model NAME|FILE.gguf] [--sample 40]

All answers come from the same engine and model, greedily, for the same holes in real projects; a line of the file is
asked for (as many lines as the truth has are compared). Two rows are ours: the text that the model writes for our
prompt, and what the editor would show of it. Latency is the engine's: layout, prefill and decoding, without the time
that finding context takes, which the last column has for ours. The order of the tools changes with each task, so that
none always finds the prompt of another in the KV cache. The starter model knows only our own prompt: its figures say
how the command works, and little about the tools.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from dovetail.completion.engine import Engine
from dovetail.completion.pipeline import complete
from dovetail.completion.request import CompletionRequest
from dovetail.evaluation.answering.product import ProductAnswerer
from dovetail.evaluation.interval import mean_of
from dovetail.evaluation.plan import Choice, choose
from dovetail.evaluation.scorers.registry import score_text
from dovetail.evaluation.suites.holes import HOLES
from dovetail.evaluation.task import Task
from dovetail.session.inference.engine import make_engine
from dovetail.settings import COMMAND_LINE, Settings, load_settings
from dovetail_models.engine.job import CompletionJob
from dovetail_models.prompt.parts import PromptParts
from tests.benchmarks.data import task_files
from tests.benchmarks.field.situation import Situation, situation_of
from tests.benchmarks.field.tools import TOOLS, Tool
from tests.benchmarks.figures import paired_interval, quantile, say, table

OURS, SHOWN = "Dovetail", "Dovetail, as shown"
SCORES = ("exact_match", "edit_similarity", "identifier_f1")


@dataclass(frozen=True, slots=True)
class Measured:
    """One task, asked in one way."""

    tool: str
    """Who asked."""
    group: str
    """Tasks of one group are not independent."""
    scores: tuple[float, ...]
    """As SCORES names them."""
    prompt_tokens: int
    """Tokens of the prompt."""
    ms: float
    """From layout to the last token."""
    context_ms: float = 0.0
    """What finding context took."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", type=Path, metavar="TASKS.jsonl", help="holes (default: ../shared)")
    parser.add_argument("--model", default="starter")
    parser.add_argument("--sample", type=int, default=40, help="tasks of each file, drawn at random")
    arguments = parser.parse_args()
    settings = load_settings((COMMAND_LINE, {"model": arguments.model}))
    tasks = [
        task for file in task_files(arguments.tasks) for task in choose(HOLES, file, Choice(sample=arguments.sample))
    ]
    for line in report(asyncio.run(ask(tasks, settings))):
        say(line)


async def ask(tasks: Sequence[Task], settings: Settings) -> list[Measured]:
    """Ask all tasks in all ways."""
    engine = make_engine(settings, several_models=True)
    measured: list[Measured] = []
    rng = random.Random(0)
    try:
        with ProductAnswerer(engine, settings) as product:
            for task in track(tasks, "asking", transient=True, disable=not sys.stderr.isatty()):
                opened = product.open(task)
                with closing(opened):
                    status = await engine.ensure_ready()
                    at = situation_of(opened.request, status.n_ctx)
                    for tool in rng.sample([*TOOLS, None], len(TOOLS) + 1):
                        if tool is None:
                            measured += await ours(task, opened.request, engine, settings)
                        else:
                            measured.append(await theirs(task, tool, at, engine))
    finally:
        await engine.close()
    return measured


async def theirs(task: Task, tool: Tool, at: Situation, engine: Engine) -> Measured:
    """Ask as a tool does."""
    job = CompletionJob(
        PromptParts((), "", "", ""), tool.name, max_tokens=tool.max_tokens, stop=tool.stop, verbatim=tool.ask(at)
    )
    wanted = task.truth.strip().count("\n") + 1
    reply = await engine.complete(job, enough=lambda text: text.lstrip().count("\n") >= wanted)
    ms = reply.prompt_ms + reply.prefill_ms + reply.decode_ms
    return Measured(tool.name, task.group, scored(reply.text, task), reply.prompt_tokens, ms)


async def ours(task: Task, request: CompletionRequest, engine: Engine, settings: Settings) -> list[Measured]:
    """Ask as Dovetail does: what the model wrote, and what is shown of it."""
    completion = await complete(request, engine, settings)
    if completion is None:
        raise SystemExit(f"the pipeline refused task {task.id}: report this, with the task")
    reply = completion.reply
    ms = reply.prompt_ms + reply.prefill_ms + reply.decode_ms
    return [
        Measured(name, task.group, scored(text, task), reply.prompt_tokens, ms, completion.context_ms)
        for name, text in ((OURS, completion.written), (SHOWN, completion.text))
    ]


def scored(text: str, task: Task) -> tuple[float, ...]:
    found = score_text(SCORES, text, task)
    return tuple(found[name] or 0.0 for name in SCORES)


def report(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield the lines of the table."""
    names = [*(tool.name for tool in TOOLS), OURS, SHOWN]
    by_name = {name: [one for one in measured if one.tool == name] for name in names}
    count = len(by_name[OURS])
    if not count:
        yield "no tasks"
        return
    yield f"{count} tasks; 95 % intervals in brackets; 'against ours': paired difference of exact match, in points"
    rows = []
    for name, some in by_name.items():
        cells = [name]
        for number in range(len(SCORES)):
            mean = mean_of([one.scores[number] for one in some], [one.group for one in some])
            cells.append(f"{100 * mean.value:.1f} ({100 * mean.low:.1f} to {100 * mean.high:.1f})")
        difference, low, high = paired_interval(
            [one.scores[0] for one in some], [one.scores[0] for one in by_name[OURS]]
        )
        cells.append("" if name == OURS else f"{100 * difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})")
        times = [one.ms for one in some]
        cells += [f"{sum(one.prompt_tokens for one in some) / len(some):.0f}"]
        cells += [f"{quantile(times, 0.5):.0f} / {quantile(times, 0.95):.0f}"]
        context = [one.context_ms for one in some]
        cells.append(f"{quantile(context, 0.5):.0f} / {quantile(context, 0.95):.0f}" if any(context) else "")
        rows.append(cells)
    heads = ["asked as", "exact match %", "edit similarity %", "identifier F1 %", "against ours"]
    yield from table([*heads, "prompt tokens", "ms p50 / p95", "context ms"], rows)


if __name__ == "__main__":
    main()
