"""`dovetail/models`: the models that can be chosen, each {name, file, bytes, current, fits}.

`name` is what the setting `model` takes; `fits` is whether the machine has the memory for it, `current` whether the
settings ask for it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from dovetail.server.server import DovetailServer
from dovetail.session.inference.models import known_models

MODELS = "dovetail/models"


async def models(ls: DovetailServer, _params: object) -> dict[str, Any]:
    wanted = ls.session.settings.model
    found = await asyncio.to_thread(known_models, wanted)
    return {
        "models": [
            {
                "name": each.name,
                "file": str(each.path),
                "bytes": each.bytes,
                "current": each.name == wanted,
                "fits": each.fits,
            }
            for each in found
        ]
    }
