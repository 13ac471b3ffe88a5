"""Two Neovims and another client share one engine host, and nothing is left when they have closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.editors.sharing import measure


def test_three_clients_share_one_host_and_leave_nothing(
    neovim: tuple[str, str],
    runtime_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DOVETAIL_LINGER_S", "1")
    status = measure(*neovim, tmp_path, runtime_folder, linger_s=1)
    printed = capsys.readouterr().out
    assert status == 0, printed
    assert "engine hosts: 1\n" in printed
    assert "closed the other client: 1 engine host" in printed
    assert printed.count("\nNeovim ") == 2
