"""The argument `--remote`, for commands that can ask a server in place of this machine, and what they say about it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from dovetail.settings import COMMAND_LINE, Settings
from dovetail_models.remote.address import parse_address

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

    Whoever names a `model` of this machine wants that one. A command has no fallback: it reports the server's fault.
    """
    if url is None and model is None:
        return COMMAND_LINE, {}
    named = "" if url is None or url == NOTHING else url
    return COMMAND_LINE, {"remote": {"url": named, "fallback": False}}


def tell_where_prompts_go(settings: Settings) -> None:
    """Print to standard error what leaves this machine, if anything does. Raises EngineError if the URL is none."""
    if not settings.remote.url:
        return
    address = parse_address(settings.remote.url)
    if not address.is_loopback:
        print(f"Dovetail: {address.privacy}", file=sys.stderr)
