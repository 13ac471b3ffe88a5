"""Which count of tokens decides how much of other files fits into a prompt.

It is the model's own where its file holds its vocabulary, else an estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from dovetail.session.inference.models import models_folder
from dovetail.settings import Settings
from dovetail_context.api import estimate_tokens
from dovetail_models.api import STARTER, ModelError, read_token_counter, resolve_model


def engine_count(settings: Settings) -> Callable[[str], int] | None:
    """Return the count of tokens of the engine that the settings ask for.

    Return None, for an estimate, where a server runs the model. The vocabulary is read when it first counts. A model
    with another kind of vocabulary, or one that cannot be read, gets an estimate: the engine reports what is wrong.
    """
    return None if settings.remote.url else _Lazy(settings.model)


def command_count(settings: Settings) -> Callable[[str], int] | None:
    """Return the count of tokens for a command that asks no model.

    Return None, for an estimate, unless the settings name another model than the starter: its vocabulary is smaller
    than those of the models that users choose.
    """
    return None if settings.model == STARTER else engine_count(settings)


class _Lazy:
    """Counts as a model does; its file is read at the first call, on the caller's thread."""

    def __init__(self, model: str) -> None:
        self._model = model

    def __call__(self, text: str) -> int:
        return _count_of(self._model)(text)


@lru_cache(maxsize=4)  # models in use at the same time, some MB each
def _count_of(model: str) -> Callable[[str], int]:
    try:
        return read_token_counter(resolve_model(model, models_folder()).path) or estimate_tokens
    except ModelError:
        return estimate_tokens
