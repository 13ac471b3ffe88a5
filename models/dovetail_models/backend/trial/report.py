"""What a child process found out about a llama.cpp build, and its form between the two processes."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["cpu", "gpu", "integrated", "accelerator", "other"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device as llama.cpp reports it."""

    name: str
    """Such as "CUDA0"."""

    description: str
    """Such as "NVIDIA GeForce RTX 4090"."""

    kind: Kind

    backend: str
    """The backend that drives it, such as "CUDA"."""

    memory_bytes: int
    """Total memory; 0 if the backend does not report it."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """A build that was loaded, and, where it was tried, what came of that."""

    version: str
    """llama-cpp-python's."""

    features: str
    """What it was compiled with (llama_print_system_info)."""

    backends: tuple[str, ...]
    """Those that were compiled in."""

    devices: tuple[Device, ...]

    agreement: float | None = None
    """Cosine of the starter model's logits on the GPU and on the CPU; 1.0 without a GPU, None if it was not tried."""

    read_s: float = 0.0
    """Seconds that the practice model takes to read its prompt."""

    write_s: float = 0.0
    """Seconds that it takes to write its answer."""

    @property
    def gpus(self) -> tuple[Device, ...]:
        """Return the devices that a model is offloaded to."""
        return tuple(device for device in self.devices if device.kind in ("gpu", "integrated"))

    @property
    def answer_s(self) -> float:
        """Seconds of one completion of the practice model."""
        return self.read_s + self.write_s


@dataclass(frozen=True, slots=True)
class Failure:
    """A build that could not be loaded or tried."""

    reason: str
    """What happened, in a few words."""


Trial = BuildReport | Failure


def to_json(report: BuildReport) -> str:
    """Return a report as one line."""
    return json.dumps(dataclasses.asdict(report))


def from_json(line: str) -> BuildReport:
    """Return the report of such a line. Raises ValueError, KeyError or TypeError for any other."""
    value: dict[str, Any] = json.loads(line)
    devices = tuple(Device(**device) for device in value.pop("devices"))
    backends = tuple(value.pop("backends"))
    return BuildReport(devices=devices, backends=backends, **value)
