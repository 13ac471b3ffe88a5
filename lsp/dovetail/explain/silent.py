"""The account of a place at which nothing was asked of the model: why a suggestion would have disturbed there. Pure."""

from __future__ import annotations

from importlib import resources
from typing import Any

from dovetail.completion.request import Silence
from dovetail.pages import frame
from dovetail.pages.frame import text

NOT_ASKED = "not asked"


def silent_json(silence: Silence, reason: str) -> dict[str, Any]:
    """Return the documented answer to `dovetail/why`, with nothing but the place and the reason."""
    return {
        "text": "",
        "path": silence.request.path,
        "line": silence.position.line + 1,
        "column": silence.position.column + 1,
        "model": NOT_ASKED,
        "stop": NOT_ASKED,
        "logprob": None,
        "tokens": {},
        "ms": {},
        "context": [],
        "why": {
            "written": "",
            "others": [],
            "remembered": False,
            "confidence": None,
            "decision": reason,
            "steps": [_lead(reason)],
            "blocks": [],
            "problems": [],
            "not_taken": [],
            "phases": [],
        },
    }


def silent_page(silence: Silence, reason: str) -> str:
    """Return the same as a page."""
    place = f"{silence.request.path}:{silence.position.line + 1}:{silence.position.column + 1}"
    head = (
        f'<header><p class="over">Why no completion</p><h1 class="place">{text(place)}</h1>'
        f'<p class="lead">{text(_lead(reason))}</p></header>'
    )
    style = resources.files("dovetail.explain").joinpath("page.css").read_text(encoding="utf-8")
    return frame.page(f"Why {place}", style, head)


def _lead(reason: str) -> str:
    return f"Nothing was asked of the model, because {reason}. Ask for a suggestion by its key to get one anyway."
