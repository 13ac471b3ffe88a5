"""The VS Code extension's settings are those of the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_manifest_lists_every_option(repository: Path) -> None:
    script = repository / "editors" / "vscode" / "scripts" / "settings.py"
    checked = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr
