"""The settings that hold: the editor's over the user's `config.toml`, which is read again when it changes.

A server switches its model without a restart when `dovetail models use`, or the user, writes another into that file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from dovetail.settings import Settings, SettingsError, load_settings, user_config_path, user_model

WATCH_S = 1.0
"""Seconds between two checks of the file: one `stat`. A change applies after two checks at most."""

Layer = tuple[str, Mapping[str, object]]


class UserSettings:
    """Reads settings, now and whenever the user's file changes. For the event loop."""

    def __init__(
        self,
        trouble: Callable[[str], None],
        apply: Callable[[Settings], None],
        spawn: Callable[[Coroutine[Any, Any, object]], asyncio.Task[object]],
    ) -> None:
        """`trouble` gets each mistake in a line, `apply` the settings that hold from now on; `spawn` starts work that
        ends with the session."""
        self._trouble = trouble
        self._apply = apply
        self._spawn = spawn
        self._layers: tuple[Layer, ...] = ()
        self._stamp: tuple[int, ...] = ()
        self._file_model: str | None = None  # that the user's file asked for when it was read last
        self._is_watching = False

    def take(self, *layers: Layer) -> None:
        """Let the settings of `layers` hold over the user's file from now on."""
        self._layers = layers
        self._stamp = _stamp(user_config_path())
        self._file_model = user_model()
        self._apply(load_settings(*layers, on_problem=lambda problem: self._trouble(str(problem))))
        if not self._is_watching:
            self._is_watching = True
            self._spawn(self._watch())

    async def _watch(self) -> None:
        seen = self._stamp
        while True:
            await asyncio.sleep(WATCH_S)
            before, seen = seen, await asyncio.to_thread(_stamp, user_config_path())
            # Only what two checks agree on: an editor may be writing.
            if seen == before and seen != self._stamp:
                self._stamp = seen
                self._read_again()

    def _read_again(self) -> None:
        """Take what the file holds now. What cannot be read at all changes nothing."""
        problems: list[SettingsError] = []
        settings = load_settings(*self._layers, on_problem=problems.append)
        for problem in problems:
            self._trouble(str(problem))
        if any(problem.is_whole_file for problem in problems):
            return
        before, self._file_model = self._file_model, user_model()
        self._apply(settings)
        if self._file_model not in (None, before, settings.model):
            self._trouble(
                f"{user_config_path()} now asks for the model {self._file_model}, and the editor's own setting "
                f"keeps {settings.model}: remove `model` from the editor's settings to switch"
            )


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
