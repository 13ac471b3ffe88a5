"""Completions and contexts as JSON objects. The keys are documented and stay stable; others rely on them."""

from __future__ import annotations

from typing import Any

from dovetail.completion.request import Completion
from dovetail_context.api import ContextBundle, ContextPiece


def completion_json(completion: Completion, index_ms: float = 0.0) -> dict[str, Any]:
    """Return a completion and its origin; times in milliseconds, `index_ms` for reading the project beforehand."""
    reply = completion.reply
    return {
        "text": completion.text,
        "path": completion.path,
        "line": completion.line,
        "column": completion.column,
        "model": reply.model,
        "stop": reply.stop,
        "logprob": reply.logprob,
        "tokens": {
            "prompt": reply.prompt_tokens,
            "reused": reply.reused_tokens,
            "generated": reply.generated_tokens,
            "drafted": reply.drafted_tokens,
            "accepted": reply.accepted_tokens,
        },
        "ms": {
            "index": round(index_ms, 1),
            "context": round(completion.context_ms, 1),
            "prompt": round(reply.prompt_ms, 1),
            "prefill": round(reply.prefill_ms, 1),
            "decode": round(reply.decode_ms, 1),
            "total": round(index_ms + completion.total_ms, 1),
        },
        "context": [item_json(piece, with_text=False) for piece in completion.context.pieces],
    }


def context_json(bundle: ContextBundle, milliseconds: float) -> dict[str, Any]:
    """Return the documented object of `dovetail context --json`, items in prompt order."""
    return {
        "budget": bundle.budget,
        "tokens": bundle.tokens,
        "ms": round(milliseconds, 1),
        "items": [item_json(piece, with_text=True) for piece in bundle.pieces],
    }


def item_json(piece: ContextPiece, with_text: bool) -> dict[str, Any]:
    """One piece of context; lines count from 1 and include the last."""
    item = {
        "path": piece.path,
        "start_line": piece.start_line,
        "end_line": piece.end_line,
        "kind": piece.kind,
        "reason": piece.reason,
        "score": round(piece.score, 4),
        "tokens": piece.tokens,
    }
    return {**item, "text": piece.text} if with_text else item
