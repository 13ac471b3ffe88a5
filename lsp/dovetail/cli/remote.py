"""The argument `--remote`, for commands that can ask a server instead of this machine, and their messages about it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from dovetail.settings import COMMAND_LINE
from dovetail_models.api import EngineStatus

NOTHING = "none"


def add_remote_argument(parser: argparse.ArgumentParser) -> None:
    """Let a command take `--remote URL`."""
    parser.add_argument(
        "--remote",
        metavar="URL",
        help=f'a server that completes instead of this machine, without fallback; "{NOTHING}" for none '
        "(default: the setting)",
    )


def remote_layer(url: str | None, model: str | None = None) -> tuple[str, Mapping[str, object]]:
    """Return the layer of settings that `--remote URL` means, None if it is not given.

    A `model` without a URL means that model on this machine. A command has no fallback: it reports the server's fault.
    """
    if url is None and model is None:
        return COMMAND_LINE, {}
    named = "" if url is None or url == NOTHING else url
    return COMMAND_LINE, {"remote": {"url": named, "fallback": False}}


class Notices:
    """Prints to standard error what an engine wants the user to see: what leaves this machine, and who answers instead.

    Each line is printed once. What is not worth a line of its own in the engine's state is left out.
    """

    def __init__(self) -> None:
        self._reported: set[str] = set()

    def take(self, status: EngineStatus) -> None:
        """Take the state of an engine."""
        if status.notice and status.notice == status.message and status.notice not in self._reported:
            self._reported.add(status.notice)
            print(f"Dovetail: {status.notice}", file=sys.stderr)
