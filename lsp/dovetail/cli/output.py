"""What the commands print."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from dovetail.command_errors import CommandError
from dovetail_context.api import ContextBundle


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def write_page(path: Path, html: str) -> None:
    """Write a page and print its path. Raises CommandError if the page cannot be written."""
    try:
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}. Name another file.") from None
    print(f"wrote {path}; open it in a browser", file=sys.stderr)


def repeated() -> str:
    """Return the command line of this process, as a shell takes it."""
    return shlex.join(["dovetail", *sys.argv[1:]])


def context_lines(bundle: ContextBundle) -> list[str]:
    """Return the pieces as readable lines: where, how many tokens, why."""
    return [
        f"{piece.path}:{piece.start_line}-{piece.end_line}  {piece.tokens} tokens  {piece.kind}: {piece.reason}"
        for piece in bundle.pieces
    ]
