"""A hub, a folder for models, and pulls that wait for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from dovetail_models.catalog.entry import CatalogEntry
from dovetail_models.download.hub import HuggingFaceHub
from dovetail_models.download.progress import PullProgress
from dovetail_models.download.pull import Pull, run_pull
from dovetail_models.download.transfer import ChunkSizes, Line
from tests.models.download.gguf_files import gguf
from tests.models.download.loopback_hub import LoopbackHub

CHUNK = 64 * 1024
FILE_BYTES = 20 * CHUNK + 777
"""What the served file has: twenty chunks and a bit."""

ENTRY = CatalogEntry(
    name="small",
    repository="owner/small-GGUF",
    file="small.Q4_K_M.gguf",
    file_pattern=None,
    revision=None,
    sha256=None,
    size_bytes=None,
    licence="none",
    licence_limit="",
    parameters=None,
    kv_elements=None,
    context_tokens=1,
    family="none",
)


@dataclass
class Puller:
    """Pulls from one hub into one folder. `seen` is what was reported, `waits` the pauses that were asked for."""

    hub: LoopbackHub
    folder: Path
    seen: list[PullProgress] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    on_report: Callable[[PullProgress], None] = lambda progress: None

    def __call__(self, entry: CatalogEntry = ENTRY, **options: object) -> Path:
        return run_pull(self.order(entry, **options))

    def order(self, entry: CatalogEntry = ENTRY, **options: object) -> Pull:
        line = Line(ChunkSizes(CHUNK, CHUNK, CHUNK), silence_s=10.0, sleep=self.waits.append)
        pull = Pull(entry, self.folder, HuggingFaceHub(self.hub.endpoint), self._report, line)
        return replace(pull, **options)  # type: ignore[arg-type]

    @property
    def notes(self) -> list[str]:
        return [progress.note for progress in self.seen if progress.note]

    def _report(self, progress: PullProgress) -> None:
        self.seen.append(progress)
        self.on_report(progress)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LoopbackHub]:
    """Yield a running hub, without the user's token and proxy."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    with LoopbackHub(gguf(FILE_BYTES)).running() as running:
        yield running


@pytest.fixture
def puller(hub: LoopbackHub, tmp_path: Path) -> Puller:
    return Puller(hub, tmp_path / "models")
