"""The engine that the settings ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

from dovetail.completion.engine import Engine
from dovetail.session.caches import MEGABYTE, kv_folder
from dovetail.session.inference.models import known_models, models_folder
from dovetail.settings import RemoteSettings, Settings
from dovetail_models.api import Dialect, EngineClient, EngineOptions, EngineStatus, RemoteOptions, resolve_model


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
# Tokens of a server's window to use where the settings leave that open; prompts take less anyway.
SERVER_WINDOW = 4096
# Set to 0 where nothing may outlive its starter: tests, measurements.
LINGER_VARIABLE = "DOVETAIL_LINGER_S"


def make_engine(
    settings: Settings,
    on_status: Callable[[EngineStatus], None] | None = None,
    *,
    several_models: bool = False,
) -> Engine:
    """Return a started engine that has sent nothing yet: a server's, if the settings name one, else this machine's.

    `several_models` allows a second model next to one that other windows use, for commands that name a model. Raises
    ModelError when there is no such model, EngineError when the server's address or token cannot be used.
    """
    if not settings.remote.url:
        return make_local_engine(settings, on_status, several_models=several_models)
    from dovetail_models.api import (
        FallbackEngine,
        RemoteEngine,  # with its HTTP library: only for those who want it
    )

    options = remote_options(settings)
    if not settings.remote.fallback:
        return RemoteEngine(options, on_status)
    return FallbackEngine(
        lambda take: RemoteEngine(options, take),
        lambda take: make_local_engine(settings, take, several_models=several_models),
        on_status,
    )


def remote_options(settings: Settings) -> RemoteOptions:
    """Return how the server is set up."""
    remote: RemoteSettings = settings.remote
    return RemoteOptions(
        url=remote.url,
        dialect=cast(Dialect, remote.dialect),
        model=remote.model,
        format=remote.format,
        n_ctx=settings.context_window or SERVER_WINDOW,
        ca_file=Path(remote.ca_file) if remote.ca_file else None,
        proxy=remote.proxy,
        first_token_s=float(remote.first_token_s),
    )


def make_local_engine(
    settings: Settings,
    on_status: Callable[[EngineStatus], None] | None = None,
    *,
    several_models: bool = False,
) -> EngineClient:
    """Return the engine of this machine, whatever server the settings name.

    Raises ModelError when there is no such model.
    """
    path = resolve_model(settings.model, models_folder()).path
    options = EngineOptions(
        model_path=path,
        n_ctx=settings.context_window,
        threads=settings.threads or None,
        gpu_layers=settings.gpu_layers,
        kv_type=settings.kv_type,
        flash_attention=settings.flash_attention,
        micro_batch=settings.micro_batch,
        unload_after_s=settings.unload_after_s,
        sandbox=settings.sandbox,
        fallbacks=_smaller_models(settings.model, path),
        kv_folder=kv_folder() if settings.kv_cache_mb else None,
        kv_folder_bytes=settings.kv_cache_mb * MEGABYTE,
        linger_s=_linger_s(),
        several_models=several_models,
    )
    return EngineClient(options, on_status)


def _smaller_models(wanted: str, path: Path) -> tuple[Path, ...]:
    """Return the installed models to load where memory does not suffice for the wanted one, the largest first."""
    size = path.stat().st_size
    others = sorted(known_models(wanted), key=lambda model: model.bytes, reverse=True)
    return tuple(model.path for model in others if model.bytes < size and model.path != path.resolve())


def _linger_s() -> float:
    try:
        return max(0.0, float(os.environ.get(LINGER_VARIABLE, LINGER_S)))
    except ValueError:
        return LINGER_S
