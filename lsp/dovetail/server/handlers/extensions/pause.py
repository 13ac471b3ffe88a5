"""`dovetail/pause` {paused?, language?, minutes?}: no suggestions for a while, or until further notice.

With `paused`, everywhere or in one language; with `minutes`, a snooze of that length, which 0 ends. Without either
nothing changes. Answers {paused, pausedLanguages, snoozedUntil}, which `dovetail/status` reports, too.
"""

from __future__ import annotations

from typing import Any

import attrs

from dovetail.server.notices import pauses_json
from dovetail.server.server import DovetailServer

PAUSE = "dovetail/pause"


@attrs.frozen
class PauseParams:
    paused: bool | None = None
    language: str | None = None
    minutes: float | None = None


def pause(ls: DovetailServer, params: PauseParams) -> dict[str, Any]:
    return pauses_json(ls.session.pause(params.paused, params.language, params.minutes))
