"""`dovetail serve`: the language server on standard input and output, or llama.cpp's `/infill` on the loopback
interface.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

from dovetail.command_errors import CommandError
from dovetail.infill import LOOPBACK, TOKEN_VARIABLE
from dovetail.server.lifeline import Lifeline
from dovetail_context.api import find_root

# How long a thread that computes keeps the interpreter from one that has an answer to send. At the usual 5 ms, the
# slowest answers beside two projects that are being read took twice as long.
SWITCH_INTERVAL_S = 0.001


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stdio", action="store_true", help="accepted because many editors pass it; there is no other way"
    )
    parser.add_argument(
        "--untrusted", action="store_true", help="take nothing from a project's rules but what they leave out"
    )
    parser.add_argument(
        "--infill",
        type=port,
        metavar="PORT",
        help=f"answer llama.cpp's /infill on {LOOPBACK}:PORT instead, for the project in the current folder",
    )
    parser.add_argument("--log-file", metavar="FILE", help="write the log there instead of to standard error")
    levels = ["debug", "info", "warning", "error"]
    parser.add_argument("--log-level", default="warning", choices=levels, help="least level to log (default: warning)")


def run(arguments: argparse.Namespace) -> int:
    if arguments.infill is not None:
        return _run_infill(arguments)
    lifeline = Lifeline.with_guard()  # first: the guard keeps what is in memory now
    from dovetail.server.serve import create_server, serve
    from dovetail.server.stdio import protected_stdout, stdin_reader
    from dovetail.session.inference.engine import make_engine

    output = protected_stdout()
    _log_to(arguments.log_file, arguments.log_level)
    sys.setswitchinterval(SWITCH_INTERVAL_S)

    async def main() -> int:
        server = create_server(make_engine, arguments.untrusted, lifeline)
        return await serve(server, stdin_reader(asyncio.get_running_loop(), server.end_soon), output)

    return asyncio.run(main())


def _run_infill(arguments: argparse.Namespace) -> int:
    from dovetail.infill.answers import Answers
    from dovetail.infill.http import Endpoint
    from dovetail.session.inference.engine import make_engine

    _log_to(arguments.log_file, arguments.log_level)

    async def main() -> None:
        answers = Answers(find_root(Path.cwd() / "file"), make_engine)
        endpoint = Endpoint(answers.answer, os.environ.get(TOKEN_VARIABLE, ""))
        try:
            listening = await asyncio.start_server(endpoint.serve, LOOPBACK, arguments.infill)
        except OSError as error:
            raise CommandError(
                f"port {arguments.infill} cannot be used ({error.strerror}): name another one"
            ) from error
        answers.start()
        try:
            async with listening:
                await listening.serve_forever()
        finally:
            await answers.close()

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        return 0
    return 0


def port(value: str) -> int:
    """Parse a port number."""
    number = int(value)
    if not 0 < number < 65536:
        raise ValueError(value)
    return number


def _log_to(file: str | None, level: str) -> None:
    logging.basicConfig(
        filename=file,
        encoding="utf-8" if file else None,
        level=level.upper(),
        format="%(asctime)s %(name)s: %(message)s",
    )
    # pygls logs whole messages, and with them the user's text.
    logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)
