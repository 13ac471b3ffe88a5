"""`dovetail/why` {textDocument}: how the newest completion of a document came to be, or null."""

from __future__ import annotations

from typing import Any

from dovetail.completion.report import completion_json
from dovetail.server.server import DovetailServer

WHY = "dovetail/why"


def why(ls: DovetailServer, params: Any) -> dict[str, Any] | None:
    """The same object as `dovetail complete --json` prints."""
    completion = ls.session.answers.get(str(params.textDocument.uri))
    return None if completion is None else completion_json(completion)
