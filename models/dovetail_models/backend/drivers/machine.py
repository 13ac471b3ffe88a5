"""What a machine has, as far as a llama.cpp build depends on it. Values only; `detect.py` fills them in."""

from dataclasses import dataclass

Version = tuple[int, int]
"""Major and minor, of CUDA or of a compute capability."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU as the system or its driver names it."""

    vendor: str
    """"nvidia", "amd", "intel", "apple", or "" where unknown."""

    name: str
    """The driver's name for it."""

    integrated: bool = False
    """Whether it shares the processor's memory."""

    capability: Version | None = None
    """CUDA compute capability, where the driver reports it."""

    target: str = ""
    """AMD's name of the instruction set ("gfx1100"), where known."""

    @property
    def label(self) -> str:
        """Return the name with what decides about wheels, for people."""
        details = [f"compute capability {self.capability[0]}.{self.capability[1]}" if self.capability else ""]
        details += [self.target, "integrated" if self.integrated else ""]
        known = ", ".join(detail for detail in details if detail)
        return f"{self.name} ({known})" if known else self.name


@dataclass(frozen=True, slots=True)
class NvidiaDriver:
    """NVIDIA's driver, as nvidia-smi or the kernel reports it."""

    version: str
    """Such as "550.54.15"; "" where unknown."""

    cuda: Version | None
    """The newest CUDA version that it supports; None if unknown."""

    problem: str = ""
    """Why the driver does not answer, in its own words; "" if it does."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A machine and the Python that runs on it."""

    system: str
    """"Linux", "Darwin" or "Windows", as `platform.system()` names it."""

    architecture: str
    """The processor as `platform.machine()` names it, in lower case."""

    gpus: tuple[Gpu, ...] = ()
    """All that were found, each once."""

    nvidia: NvidiaDriver | None = None
    """None without an NVIDIA driver."""

    rocm: Version | None = None
    """The installed ROCm release; None without one."""

    vulkan: bool = False
    """Whether the Vulkan loader (libvulkan) is installed."""

    translated: bool = False
    """Whether this Python is an x86 program that Rosetta runs on Apple silicon."""

    def of(self, vendor: str) -> tuple[Gpu, ...]:
        """Return the GPUs of a vendor."""
        return tuple(gpu for gpu in self.gpus if gpu.vendor == vendor)
