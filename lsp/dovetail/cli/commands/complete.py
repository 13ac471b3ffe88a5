"""`dovetail complete`: one completion at one place, and on request all that is known about it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from dovetail.cli.output import print_json, write_page
from dovetail.cli.place import FilePlace, add_place_arguments, index_project, read_place, request_at
from dovetail.cli.remote import Notices, add_remote_argument, remote_layer
from dovetail.cli.reports.starter_notice import notify_of_starter
from dovetail.command_errors import CommandError
from dovetail.completion.pipeline import complete
from dovetail.completion.report import completion_json
from dovetail.completion.request import Completion, CompletionRequest
from dovetail.explain.account import account_of
from dovetail.explain.page import explain_page
from dovetail.explain.words import account_text
from dovetail.session.inference.engine import make_engine
from dovetail.session.inference.token_count import engine_count
from dovetail.settings import COMMAND_LINE, Settings, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place_arguments(parser)
    parser.add_argument("--model", metavar="NAME|FILE.gguf", help="the model to use (default: the setting)")
    add_remote_argument(parser)
    parser.add_argument("--max-tokens", type=int, metavar="N", help="maximum length of the completion")
    parser.add_argument("--no-context", action="store_true", help="show the model nothing of other files")
    parser.add_argument("--explain", action="store_true", help="also print the prompt, its parts and the time")
    parser.add_argument("--html", metavar="FILE", help="write the same as a page to look at")
    parser.add_argument("--json", action="store_true", help="print the documented JSON object")


def run(arguments: argparse.Namespace) -> int:
    flags = {"model": arguments.model, "max_tokens": arguments.max_tokens}
    named = {name: value for name, value in flags.items() if value is not None}
    settings = load_settings((COMMAND_LINE, named), remote_layer(arguments.remote, arguments.model))
    place = read_place(arguments)
    silent = place.rules.rules.for_path(place.path, place.language).no_completion
    if silent:
        raise CommandError(f"nothing is suggested in {place.path}: {silent}")
    notify_of_starter(settings)
    request, completion, index_ms = asyncio.run(_complete(place, settings, arguments))
    if arguments.json:
        print_json(completion_json(completion, index_ms))
    else:
        print(completion.text)
    account = account_of(completion, request.text, automatic=False, index_ms=index_ms)
    if arguments.explain:
        print(account_text(account), file=sys.stderr if arguments.json else sys.stdout)
    if arguments.html:
        write_page(Path(arguments.html), explain_page(account))
    return 0


async def _complete(
    place: FilePlace, settings: Settings, arguments: argparse.Namespace
) -> tuple[CompletionRequest, Completion, float]:
    engine = make_engine(settings, Notices().take, several_models=True)
    loading = asyncio.create_task(engine.ensure_ready())  # the model loads while the project is read
    try:
        index, index_ms = await asyncio.to_thread(index_project, place)
        index.close()
        status = await loading
        if status.advice:
            print(status.advice, file=sys.stderr)
        request = request_at(
            place, index, use_context=not arguments.no_context, explain=bool(arguments.explain or arguments.html)
        )
        request = replace(request, count=engine_count(settings))
        completion = await complete(request, engine, settings)
    finally:
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)
        await engine.close()
    if completion is None:
        raise CommandError("there is nothing to complete at this place")
    return request, completion, index_ms
