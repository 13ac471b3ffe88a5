"""What a user gets: every file of the three packages is in the wheel, with the starter model and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGES = ("lsp/dovetail", "context/dovetail_context", "models/dovetail_models")
# Neither compiled files nor editors' leftovers belong into a wheel; all else in a package does.
KINDS = {".py", ".md", ".scm", ".gguf", ".json", ".typed", ".html", ".css", ".js", ".toml"}
MAX_WHEEL_BYTES = 60_000_000


def test_the_wheel_holds_every_file_of_the_packages(repository: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == {
        file.relative_to((repository / package).parent).as_posix()
        for package in PACKAGES
        for file in (repository / package).rglob("*")
        if file.suffix in KINDS or file.name == "py.typed"
    }
    assert "dovetail_models/weights/dovetail-starter.gguf" in held
    assert "dovetail_models/catalog/catalog.toml" in held
    assert any(name.endswith(".scm") for name in held)
    assert wheel.stat().st_size < MAX_WHEEL_BYTES
