"""`dovetail COMMAND ...`: finds the subcommand's module, and turns errors into one line and an exit status.

Exit status: 0 done, 1 failed, 2 bad usage. A subcommand's module has `add_arguments(parser)` and
`run(arguments) -> int`; only the module of the command that was asked for is imported, so that each starts fast.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from dovetail.command_errors import CommandError, UsageError
from dovetail.settings import COMMAND_LINE, SettingsError
from dovetail_models.api import EngineError

COMMANDS = {
    "serve": "speak the Language Server Protocol on standard input and output (editors start this)",
    "complete": "complete a file at a line and column",
    "context": "show what the model would be shown of other files",
    "index": "read a project and count what was found",
    "models": "list, download, choose and check models",
    "rules": "check a project's context rules, or explain what they decide for a path",
    "backend": "show or switch the llama.cpp build: CPU, CUDA, Metal, Vulkan, ROCm",
    "doctor": "check this installation and name a fix for each fault",
    "eval": "fill the holes of a tasks file and score the answers",
    "calibrate": "replay your own history, and let the model show what it is sure of",
    "bench": "replay typing over real files and measure each keystroke",
    "stats": "show what became of the suggestions, as counted on this computer alone",
    "demo": "ask the real language server at many places of a project, and count the answers",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit status; argparse itself exits for --help (0)."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a closed stream is no fault of ours
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        arguments = _parse(list(sys.argv[1:] if argv is None else argv))
        return int(arguments.run(arguments))
    except UsageError as error:
        return _fail(error, status=2)
    except SettingsError as error:
        return _fail(error, status=2 if error.origin == COMMAND_LINE else 1)
    except (CommandError, EngineError) as error:
        return _fail(error, status=1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(error, status=1)
    except MemoryError:
        return _fail("there is not enough memory: close other programs, or raise this process's limit", status=1)
    except Exception as error:
        if os.environ.get("DOVETAIL_TRACEBACK"):
            raise
        kind = type(error).__name__
        return _fail(f"{kind}: {error}. This is a bug; DOVETAIL_TRACEBACK=1 shows where.", status=1)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="dovetail", description="Code completion that runs entirely on your machine.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    asked_for = next((argument for argument in argv if not argument.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == asked_for:
            module = importlib.import_module(f"dovetail.cli.commands.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser.parse_args(argv)


class _Version(argparse.Action):
    """Print the version. It is looked up only here: reading the installed metadata takes 0.1 s."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"dovetail {version('dovetail')}")
        parser.exit()


class _Parser(argparse.ArgumentParser):
    """Report bad usage in one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; `{self.prog} --help` lists what it takes")


def _fail(message: object, status: int) -> int:
    print(f"dovetail: {' '.join(str(message).split())}", file=sys.stderr)
    return status
