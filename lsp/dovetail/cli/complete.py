"""`dovetail complete`: one completion at one place, and on request all that is known about it."""

from __future__ import annotations

import argparse
import asyncio
import sys

from dovetail.cli.errors import CommandError
from dovetail.cli.output import context_lines, print_json
from dovetail.cli.place import Place, add_place_arguments, index_project, read_place, request_at
from dovetail.cli.starter_notice import tell_about_the_starter
from dovetail.completion.pipeline import complete
from dovetail.completion.report import completion_json
from dovetail.completion.request import Completion
from dovetail.session.engine import make_engine
from dovetail.settings import Settings, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place_arguments(parser)
    parser.add_argument("--model", metavar="NAME|FILE.gguf", help="the model to use (default: the setting)")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="most tokens of the completion")
    parser.add_argument("--no-context", action="store_true", help="show the model nothing of other files")
    parser.add_argument("--explain", action="store_true", help="also print the prompt, its parts and the time")
    parser.add_argument("--json", action="store_true", help="print the documented JSON object")


def run(arguments: argparse.Namespace) -> int:
    flags = {"model": arguments.model, "max_tokens": arguments.max_tokens}
    settings = load_settings(("the command line", {name: value for name, value in flags.items() if value is not None}))
    place = read_place(arguments)
    tell_about_the_starter(settings)
    completion, index_ms = asyncio.run(_complete(place, settings, arguments))
    if arguments.json:
        print_json(completion_json(completion, index_ms))
    else:
        print(completion.text)
    if arguments.explain:
        _explain(completion, index_ms, to_stderr=arguments.json)
    return 0


async def _complete(place: Place, settings: Settings, arguments: argparse.Namespace) -> tuple[Completion, float]:
    engine = make_engine(settings, several_models=True)
    loading = asyncio.create_task(engine.ensure_ready())  # the model loads while the project is read
    try:
        index, index_ms = await asyncio.to_thread(index_project, place)
        index.close()
        await loading
        request = request_at(place, index, use_context=not arguments.no_context, explain=arguments.explain)
        completion = await complete(request, engine, settings)
    finally:
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)
        await engine.close()
    if completion is None:
        raise CommandError("there is nothing to complete at this place")
    return completion, index_ms


def _explain(completion: Completion, index_ms: float, to_stderr: bool) -> None:
    reply = completion.reply
    read = reply.prompt_tokens - reply.reused_tokens
    sections = {
        "prompt as the model saw it": [reply.prompt or ""],
        "tokens by block": [f"{block.tokens:6}  {block.label}" for block in reply.blocks],
        "other files": context_lines(completion.context),
        "left out": [
            *(
                f"{left.path}:{left.start_line}  {left.tokens} tokens: {left.reason}"
                for left in completion.context.left_out
            ),
            *(f"{cut.label}: {cut.tokens} tokens that did not fit" for cut in reply.cut),
        ],
        "model": [f"{reply.model}, stopped by {reply.stop}, mean log-probability {_number(reply.logprob)}"],
        "milliseconds": [
            f"index {index_ms:.0f}, context {completion.context_ms:.0f}, prompt {reply.prompt_ms:.0f}, "
            f"prefill {reply.prefill_ms:.0f} ({read} of {reply.prompt_tokens} tokens), "
            f"decode {reply.decode_ms:.0f} ({reply.generated_tokens} tokens)"
        ],
    }
    for title, lines in sections.items():
        print(f"\n--- {title}", *lines, sep="\n", file=sys.stderr if to_stderr else sys.stdout)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
