"""Measure the quality of suggestions: random holes in real projects, filled by the pipeline that serves editors.

    python -m tests.benchmarks.pipeline.holes [ROOT...] [--holes 2000] [--seed 0] [--model NAME] [--out HOLES.jsonl]
    python -m tests.benchmarks.pipeline.holes --read HOLES.jsonl [--plot FILE.svg]
    python -m tests.benchmarks.pipeline.holes [ROOT...] --typing 200

Prints figures over all holes at which an editor would get an answer:
- how often the file has more syntax errors after a full accept than with the hole (and would have without shaping);
- how often a suggestion repeats its suffix;
- whether every item's range holds in all three encodings;
- by confidence threshold, what share is shown and what share of that is exactly right.
The holes are drawn evenly over projects, files and kinds; the seed fixes them.

With --typing N, types through N suggestions letter by letter. Prints how many keystrokes are answered without the
model, how fast, and whether any answer differs from the rest of the suggestion.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.progress import track

from dovetail.completion.completion_cache import CompletionCache
from dovetail.completion.engine import Engine
from dovetail.completion.pipeline import complete
from dovetail.completion.postprocessing.confidence import SHIPPED
from dovetail.completion.postprocessing.shaping import unshaped
from dovetail.completion.preparation.place import Place, read_place
from dovetail.completion.preparation.trigger import decide
from dovetail.completion.request import Completion, CompletionRequest
from dovetail.completion.scoring import score
from dovetail.completion.values import Shaped
from dovetail.evaluation.answer import Answer
from dovetail.evaluation.calibration.fit import shown_part
from dovetail.evaluation.calibration.samples import Part, Sample, sample_of
from dovetail.evaluation.task import ProjectHole, Task
from dovetail.server.convert import inline_items
from dovetail.session.inference.engine import make_engine
from dovetail.settings import COMMAND_LINE, Settings, load_settings
from dovetail.text.document import Document, Edit, Position
from dovetail.text.lines import Encoding
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.parse import parse_text
from tests.benchmarks.data import Hole, add_projects, draw_holes, projects
from tests.benchmarks.figures import say, spread
from tests.benchmarks.plot import reliability_plot

THRESHOLDS = (-4.0, -3.0, -2.5, -2.0, -1.6, -1.3, -1.1, -0.9, -0.7, -0.5, -0.3, -0.2, -0.1)


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of a hole. Errors are counts of broken nodes in the whole file."""

    path: str
    language: str
    kind: str
    line: int
    shown: str
    truth: str
    logprob: float | None
    exact: bool
    edit_similarity: float
    errors_before: int
    errors_after: int
    errors_unshaped: int
    repeats_suffix: bool
    ranges_hold: bool
    ms: float
    sample: Sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_projects(parser)
    parser.add_argument("--holes", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--read", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--typing", type=int, metavar="SUGGESTIONS")
    arguments = parser.parse_args()
    if arguments.read:
        lines = arguments.read.read_text(encoding="utf-8").splitlines()
        filled, typed = [filled_of(json.loads(line)) for line in lines], list[Keystroke]()
    else:
        filled, typed = asyncio.run(fill(arguments))
    for line in typing_report(typed) if arguments.typing else report(filled):
        say(line)
    if arguments.plot:
        parts = [part for one in filled for part in one.sample.parts]
        sure = [(math.exp(part.logprob), part.is_right) for part in parts if part.logprob is not None]
        arguments.plot.write_text(reliability_plot(sure), encoding="utf-8")


async def fill(arguments: argparse.Namespace) -> tuple[list[Filled], list[Keystroke]]:
    """Fill the given number of holes, evenly over the projects, or stop at the given number of typed suggestions."""
    settings = load_settings((COMMAND_LINE, {"model": arguments.model}))
    engine = make_engine(settings)
    filled: list[Filled] = []
    typed: list[Keystroke] = []
    through = 0
    out = arguments.out.open("w", encoding="utf-8") if arguments.out else None
    try:
        roots = projects(arguments)
        for number, root in enumerate(roots):
            wanted = arguments.holes * (number + 1) // len(roots) - len(filled)
            with closing(WorkspaceIndex(root)) as index:
                index.build()
                holes = draw_holes(index, random.Random(arguments.seed + number))
                for _ in track(range(wanted), root.name, transient=True, disable=not sys.stderr.isatty()):
                    for hole in holes:
                        if decide(read_place(hole.path, hole.text, hole.start), "automatic"):
                            break
                    index.set_overlay(hole.path, hole.text)
                    request = CompletionRequest(
                        hole.path, hole.path, hole.text, hole.start, index.snapshot, trigger="invoked"
                    )
                    memory = CompletionCache()
                    completion = await complete(request, engine, settings, memory)
                    index.set_overlay(hole.path, None)
                    assert completion is not None
                    if arguments.typing and completion.text and through < arguments.typing:
                        through += 1
                        typed += await type_through(request, completion, engine, settings, memory)
                    filled.append(judged(hole, completion, root.name))
                    if out:
                        out.write(json.dumps(asdict(filled[-1]), ensure_ascii=False) + "\n")
                        out.flush()
    finally:
        await engine.close()
        if out:
            out.close()
    return filled, typed


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One letter of a suggestion that is typed: whether the model was asked, and whether the rest is what was shown."""

    remembered: bool
    right: bool
    ms: float


async def type_through(
    request: CompletionRequest, completion: Completion, engine: Engine, settings: Settings, memory: CompletionCache
) -> list[Keystroke]:
    """Type a suggestion to its last letter. With a line end comes the indentation, as editors set it."""
    keystrokes = []
    ends = [len(key.group()) for key in re.finditer(r"\n\s*|.", completion.text)]
    for length in list(accumulate(ends))[:-1]:
        typed, rest = completion.text[:length], completion.text[length:]
        text = request.text[: request.offset] + typed + request.text[request.offset :]
        again = replace(request, text=text, offset=request.offset + length, trigger="automatic")
        started = perf_counter()
        answer = await complete(again, engine, settings, memory)
        ms = (perf_counter() - started) * 1000
        remembered = answer is not None and answer.remembered
        keystrokes.append(Keystroke(remembered, not remembered or (answer is not None and answer.text == rest), ms))
    return keystrokes


def typing_report(typed: Sequence[Keystroke]) -> Iterator[str]:
    """Summarize how many keystrokes were answered without the model."""
    known = [one.ms for one in typed if one.remembered]
    if not known:
        yield "no keystroke was answered from memory"
        return
    yield f"{len(typed)} keystrokes, {100 * len(known) / len(typed):.1f} % answered without the model"
    yield f"of those: {spread(known)}; {sum(not one.right for one in typed)} with a wrong letter"


def filled_of(row: dict[str, Any]) -> Filled:
    """Return what a line of a run holds."""
    sample = row["sample"]
    return Filled(**row | {"sample": Sample(**sample | {"parts": tuple(Part(**part) for part in sample["parts"])})})


def judged(hole: Hole, completion: Completion, project: str) -> Filled:
    """Return the effect of a full accept on the file, and what of it would be shown unasked."""
    place = read_place(hole.path, hole.text, hole.start)
    extent = decide(place, "invoked")
    assert extent is not None
    shown = Shaped(completion.text, completion.replaced)
    found = score(completion.text, hole.truth)
    return Filled(
        path=hole.path,
        language=place.language_name,
        kind=hole.kind,
        line=completion.line,
        shown=completion.text,
        truth=hole.truth,
        logprob=completion.reply.logprob,
        exact=bool(found.exact_match),
        edit_similarity=found.edit_similarity,
        errors_before=place.errors,
        errors_after=errors_with(place, shown),
        errors_unshaped=errors_with(place, unshaped(completion.written, extent)),
        repeats_suffix=repeats_suffix(place, shown),
        ranges_hold=all(range_holds(hole, completion, unit) for unit in Encoding),
        ms=completion.total_ms,
        sample=sample_of(task_of(hole, project, place.language_name), answer_of(completion)),
    )


def task_of(hole: Hole, project: str, language: str) -> Task:
    """Return a hole as a task."""
    whole = hole.text[: hole.start] + hole.truth + hole.text[hole.start :]
    question = ProjectHole(Path(project), hole.path, hole.start, hole.start + len(hole.truth), whole)
    return Task(f"{hole.path}:{hole.start}", f"{project}/{hole.path}", language, question, hole.truth)


def answer_of(completion: Completion) -> Answer:
    """Return what the model wrote, unshaped."""
    reply = completion.reply
    return Answer(completion.written, stop=reply.stop, logprob=reply.logprob, token_logprobs=reply.token_logprobs)


def errors_with(place: Place, shown: Shaped) -> int:
    """Broken nodes after a full accept, parsed from the start."""
    text = place.text[: place.offset] + shown.text + place.text[place.offset + shown.replaced :]
    parsed = parse_text(place.path, text)
    assert parsed is not None
    return (parsed.grammar.parse(text).root.has_error and parsed.errors()) or 0


def repeats_suffix(place: Place, shown: Shaped) -> bool:
    """Return whether the last line of the suggestion is the next line of the file, word for word."""
    below = [line.strip() for line in place.lines_below(1)]
    last = (("" if "\n" in shown.text else place.left) + shown.text.rpartition("\n")[2]).strip()
    return bool(shown.text) and last in below and sum(map(str.isalnum, last)) >= 5


def range_holds(hole: Hole, completion: Completion, unit: Encoding) -> bool:
    """Return whether a client that counts in `unit` arrives at the intended text."""
    document = Document.of("file:///hole", "", 1, hole.text)
    items = inline_items(completion, document, unit)
    if items is None:
        return not completion.text
    (item,) = items.items
    assert item.range is not None
    places = [Position(one.line, one.character) for one in (item.range.start, item.range.end)]
    edited = document.edited([Edit(str(item.insert_text), places[0], places[1])], 2, unit).text
    after = hole.text[hole.start + completion.replaced :]
    return edited == hole.text[: hole.start] + completion.text + after and places[0].line == places[1].line


def report(filled: Sequence[Filled]) -> Iterator[str]:
    """Yield the lines of the tables."""
    shown = [one for one in filled if one.shown]
    if not shown:
        yield "nothing was shown"
        return

    def share(count: int, of: Sequence[Filled]) -> str:
        return f"{100 * count / max(1, len(of)):5.1f} % of {len(of)}"

    yield f"shown {share(len(shown), filled)}"
    yield f"exactly right {share(sum(one.exact for one in shown), shown)}"
    rises = sum(one.errors_after > one.errors_before for one in shown)
    yield f"more syntax errors after a full accept {share(rises, shown)}"
    rises = sum(one.errors_unshaped > one.errors_before for one in filled)
    yield f"the same without shaping {share(rises, filled)}"
    yield f"says its suffix again {share(sum(one.repeats_suffix for one in shown), shown)}"
    yield f"range wrong in some encoding {share(sum(not one.ranges_hold for one in shown), shown)}"
    for language in sorted({one.language for one in filled}):
        own = [one for one in shown if one.language == language]
        rises = sum(one.errors_after > one.errors_before for one in own)
        exact = share(sum(one.exact for one in own), own)
        yield f"  {language:12} {len(own):5} shown, {rises} with more errors, {exact} right"
    sure = [one for one in shown if one.logprob is not None]
    yield "threshold  shown  exactly right among the shown"
    for threshold in THRESHOLDS:
        kept = [one for one in sure if (one.logprob or 0.0) >= threshold]
        right = sum(one.exact for one in kept)
        yield f"{threshold:9.1f}  {100 * len(kept) / len(filled):4.0f} %  {100 * right / max(1, len(kept)):4.0f} %"
    yield from report_of_defaults(filled)


def report_of_defaults(filled: Sequence[Filled]) -> Iterator[str]:
    """Yield the share of holes at which the default threshold shows each part, and how often that part is right."""
    shown = [part for one in filled if (part := shown_part(one.sample, SHIPPED)) is not None]
    yield f"shows nothing  {1 - len(shown) / len(filled):4.0%} of the time"
    for kind, name in (("a word", "word"), ("a line", "line"), ("all", "all")):
        parts = [part for part in shown if part.name == name]
        share, right = len(parts) / len(filled), sum(part.is_right for part in parts) / max(1, len(parts))
        yield f"shows {kind:8} {share:4.0%} of the time, right as far as it goes {right:4.0%}"


if __name__ == "__main__":
    main()
