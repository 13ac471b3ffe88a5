"""`dovetail serve`: the language server on standard input and output."""

from __future__ import annotations

import argparse
import asyncio
import logging

from dovetail.server.lifeline import Lifeline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stdio", action="store_true", help="accepted because many editors pass it; there is no other way"
    )
    parser.add_argument(
        "--untrusted", action="store_true", help="take nothing from a project's rules but what they leave out"
    )
    parser.add_argument("--log-file", metavar="FILE", help="write the log there instead of to standard error")
    parser.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])


def run(arguments: argparse.Namespace) -> int:
    lifeline = Lifeline.with_guard()  # first: the guard keeps what is in memory now
    from dovetail.server.serve import create_server, serve
    from dovetail.server.stdio import protected_stdout, stdin_reader
    from dovetail.session.engine import make_engine

    output = protected_stdout()
    _log_to(arguments.log_file, arguments.log_level)

    async def main() -> int:
        server = create_server(make_engine, arguments.untrusted, lifeline)
        return await serve(server, stdin_reader(asyncio.get_running_loop(), server.end_soon), output)

    return asyncio.run(main())


def _log_to(file: str | None, level: str) -> None:
    logging.basicConfig(
        filename=file,
        encoding="utf-8" if file else None,
        level=level.upper(),
        format="%(asctime)s %(name)s: %(message)s",
    )
    # pygls logs whole messages, and with them the user's text.
    logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)
