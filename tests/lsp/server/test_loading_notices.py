"""What an editor shows while a model is loaded."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from dovetail.server.notices import STATUS, STATUS_FOR_OTHERS, Notices
from dovetail.server.protocol import DovetailProtocol
from dovetail_models.engine.status import EngineStatus


class Client:
    """Keeps what is sent to it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def notify(self, method: str, params: dict[str, Any]) -> None:
        self.sent.append((method, params))

    def messages(self, method: str) -> list[str]:
        return [params["message"] for name, params in self.sent if name == method]


async def test_how_far_loading_is_and_what_gave_way() -> None:
    client = Client()
    notices = Notices(cast(DovetailProtocol, client), asyncio.get_running_loop(), lambda: "utf-16")
    step = "m gets a window of 2048 tokens instead of 4096: 900 MiB are free"
    for status in (
        EngineStatus("loading", model="m"),
        EngineStatus("loading", model="m", loaded=0.4),
        EngineStatus("loading", step, model="m", loaded=0.8, steps=(step,)),
        EngineStatus("ready", step, model="m", steps=(step,)),
    ):
        notices.engine_status(status)
    await notices.close()
    assert client.messages(STATUS) == ["", "m is being loaded (40%)", step, step]
    assert client.messages(STATUS_FOR_OTHERS) == ["m is being loaded", "m is being loaded (40%)", step, step]
