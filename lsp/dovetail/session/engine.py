"""The engine that the settings ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

from dovetail.completion.engine import Engine
from dovetail.session.caches import MEGABYTE, kv_folder
from dovetail.session.models import models_folder
from dovetail.settings import Settings
from dovetail_models.engine.client import EngineClient
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineStatus
from dovetail_models.files import resolve_model


class MakeEngine(Protocol):
    """Makes an engine that has started nothing yet. Raises EngineError."""

    def __call__(
        self,
        settings: Settings,
        on_status: Callable[[EngineStatus], None] | None = None,
        *,
        several_models: bool = False,
    ) -> Engine: ...


# A window that is reloaded, or one command after the other, finds the model still there.
LINGER_S = 30.0
# Set to 0 where nothing may outlive its starter: tests, measurements.
LINGER_VARIABLE = "DOVETAIL_LINGER_S"


def make_engine(
    settings: Settings,
    on_status: Callable[[EngineStatus], None] | None = None,
    *,
    several_models: bool = False,
) -> EngineClient:
    """An engine client that has started nothing yet. Raises ModelError when there is no such model.

    `several_models` allows a model beside one that other windows use: for commands in which a model is named.
    """
    options = EngineOptions(
        model_path=resolve_model(settings.model, models_folder()).path,
        n_ctx=settings.context_window,
        threads=settings.threads or None,
        gpu_layers=settings.gpu_layers,
        shelf=kv_folder() if settings.kv_cache_mb else None,
        shelf_bytes=settings.kv_cache_mb * MEGABYTE,
        linger_s=_linger_s(),
        several_models=several_models,
    )
    return EngineClient(options, on_status)


def _linger_s() -> float:
    try:
        return max(0.0, float(os.environ.get(LINGER_VARIABLE, LINGER_S)))
    except ValueError:
        return LINGER_S
