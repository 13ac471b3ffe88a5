"""The server completes as the calibration of its model wants."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from dovetail.completion.tuning import Layout
from dovetail.session.calibrations import (
    Calibrations,
    write_calibrations,
)
from dovetail.stats.store import STATE_VARIABLE
from tests.lsp.conftest import server_in_process
from tests.lsp.evaluation.calibration.samples import calibration, choice
from tests.lsp.scripted import ScriptedEngine


@pytest.mark.parametrize(("logprob", "shown"), [(-0.45, "size"), (-1.0, ""), (-0.01, "size, size)")])
async def test_the_server_shows_what_the_calibration_allows(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logprob: float, shown: str
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    write_calibrations(tmp_path / "state" / "calibrations.json", Calibrations((calibration("scripted", key=""),), ()))
    engine = ScriptedEngine("size, size)")
    engine.logprob = logprob
    async with server_in_process(engine) as client:
        await client.initialize(project)
        uri = (project / "game.py").as_uri()
        client.open(uri, (project / "game.py").read_text(encoding="utf-8"))
        answer = await client.answer(client.ghost_text(uri, 4, 18, kind=2))
        items = answer["result"]["items"] if answer["result"] else []
        assert [item["insertText"] for item in items] == ([shown] if shown else [])


@pytest.mark.parametrize("layout", ["frozen", "plain"])
async def test_the_server_asks_as_the_calibration_says(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: Layout
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    chosen = dataclasses.replace(choice("scripted", layout, 0), key="")
    write_calibrations(tmp_path / "state" / "calibrations.json", Calibrations((), (chosen,)))
    engine = ScriptedEngine("size")
    async with server_in_process(engine) as client:
        await client.initialize(project)
        uri = (project / "game.py").as_uri()
        client.open(uri, (project / "game.py").read_text(encoding="utf-8"))
        await client.answer(client.ghost_text(uri, 4, 18, kind=2))
    parts = engine.jobs[0].parts
    assert bool(parts.forced) is (layout == "frozen") and not parts.context
    assert (parts.prefix + parts.forced).endswith((project / "game.py").read_text(encoding="utf-8").split("\n")[4][:18])
