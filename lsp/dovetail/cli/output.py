"""What the commands print."""

from __future__ import annotations

import json

from dovetail_context.bundle import ContextBundle


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def context_lines(bundle: ContextBundle) -> list[str]:
    """The pieces for a human: where, how many tokens, why."""
    return [
        f"{piece.path}:{piece.start_line}-{piece.end_line}  {piece.tokens} tokens  {piece.kind}: {piece.reason}"
        for piece in bundle.pieces
    ]
