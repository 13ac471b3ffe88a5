"""The engine that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable

from dovetail.completion.engine import Engine
from dovetail.settings import Settings
from dovetail_models.engine.client import EngineClient
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineStatus
from dovetail_models.files import resolve_model

MakeEngine = Callable[[Settings, Callable[[EngineStatus], None] | None], Engine]


def make_engine(settings: Settings, on_status: Callable[[EngineStatus], None] | None = None) -> EngineClient:
    """An engine client that has started nothing yet. Raises ModelError when there is no such model."""
    options = EngineOptions(
        model_path=resolve_model(settings.model).path,
        n_ctx=settings.context_window,
        threads=settings.threads or None,
        gpu_layers=settings.gpu_layers,
    )
    return EngineClient(options, on_status)
