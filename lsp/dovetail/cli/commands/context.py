"""`dovetail context`: what the model would be shown of other files, and why."""

from __future__ import annotations

import argparse
from dataclasses import replace
from time import perf_counter

from dovetail.cli.output import context_lines, print_json
from dovetail.cli.place import add_place_arguments, index_project, read_place, request_at
from dovetail.cli.reports.project_report import reading_line, root_line
from dovetail.completion.pipeline import context_for
from dovetail.completion.report import context_json
from dovetail.session.inference.token_count import command_count
from dovetail.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place_arguments(parser)
    parser.add_argument("--budget", type=int, metavar="TOKENS", help="maximum number of tokens (default: the setting)")
    parser.add_argument("--json", action="store_true", help="print the documented JSON object")


def run(arguments: argparse.Namespace) -> int:
    settings = load_settings(_flags(arguments))
    place = read_place(arguments)
    index, _ = index_project(place)
    started = perf_counter()
    bundle = context_for(replace(request_at(place, index), count=command_count(settings)), settings.context_tokens)
    milliseconds = (perf_counter() - started) * 1000
    index.close()
    if arguments.json:
        print_json(context_json(bundle, milliseconds))
        return 0
    for line, piece in zip(context_lines(bundle), bundle.pieces, strict=True):
        print(f"# {line}\n{piece.text.rstrip()}\n")
    print(f"project: {root_line(place.choice)}")
    if place.choice.narrowed:
        print(place.choice.narrowed)
    print(reading_line(place.path, place.language))
    print(f"{len(bundle.pieces)} pieces, {bundle.tokens} of {bundle.budget} tokens, {milliseconds:.0f} ms")
    return 0


def _flags(arguments: argparse.Namespace) -> tuple[str, dict[str, object]]:
    return "the command line", {} if arguments.budget is None else {"context_tokens": arguments.budget}
