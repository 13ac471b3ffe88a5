"""What `dovetail backend auto` chooses on each kind of machine, from its tools' reports to the wheel in an index."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag

from dovetail_models.backend.choice import Backend, advise
from dovetail_models.backend.drivers.detect import detect
from dovetail_models.backend.drivers.windows import QUERY
from dovetail_models.backend.wheels.find import find_wheel
from dovetail_models.backend.wheels.index import read_links
from tests.models.backend import index_server, recorded
from tests.models.backend.index_server import ARM, LINUX, MAC, MUSL, WINDOWS
from tests.models.backend.recorded import RecordedMachine, nvidia

VULKAN = frozenset({"vulkan"})
VULKAN_WINDOWS = frozenset({"vulkan-1"})
POWERSHELL = f"powershell -NoProfile -NonInteractive -Command {QUERY}"
INTEL_MAC = "macosx_12_0_x86_64"

ARC = RecordedMachine("Linux", "x86_64", {"vulkaninfo --summary": recorded.VULKAN_ARC}, libraries=VULKAN)
INTEGRATED = RecordedMachine("Linux", "x86_64", {"vulkaninfo --summary": recorded.VULKAN_INTEL}, libraries=VULKAN)
ROCM = RecordedMachine(
    "Linux", "x86_64", {"rocminfo": recorded.ROCMINFO}, {"/opt/rocm/.info/version": "7.2.0-43\n"}, VULKAN
)
OLD_ROCM = RecordedMachine(
    "Linux", "x86_64", {"rocminfo": recorded.ROCMINFO}, {"/opt/rocm/.info/version": "6.4.1-83\n"}, VULKAN
)
NODES = "/sys/class/kfd/kfd/topology/nodes"
NO_ROCM = RecordedMachine(
    "Linux",
    "x86_64",
    files={f"{NODES}/0/properties": recorded.KFD_CPU, f"{NODES}/1/properties": recorded.KFD_RX_6600},
    libraries=VULKAN,
)
APU = RecordedMachine("Linux", "x86_64", files={f"{NODES}/0/properties": recorded.KFD_APU}, libraries=VULKAN)
NO_DRIVER = RecordedMachine("Linux", "x86_64", files={"/sys/class/drm/card0/device/vendor": "0x10de\n"})


def linux(driver: str, cuda: str, *gpus: str) -> RecordedMachine:
    return RecordedMachine("Linux", "x86_64", nvidia(driver, cuda, *gpus))


def windows(driver: str, cuda: str, *gpus: str) -> RecordedMachine:
    return RecordedMachine("Windows", "AMD64", nvidia(driver, cuda, *gpus))


def on_windows(adapters: str) -> RecordedMachine:
    return RecordedMachine("Windows", "AMD64", {POWERSHELL: adapters}, libraries=VULKAN_WINDOWS)


MACHINES: dict[str, tuple[RecordedMachine, str, str | None]] = {
    "Linux, CUDA 11.4, GTX 1080": (linux("470.256.02", "11.4", "GTX 1080, 6.1"), LINUX, "cu118"),
    "Linux, CUDA 11.8, RTX 2080": (linux("520.61.05", "11.8", "RTX 2080, 7.5"), LINUX, "cu118"),
    "Linux, CUDA 11.8, H100": (linux("520.61.05", "11.8", "H100, 9.0"), LINUX, "cpu"),
    "Linux, CUDA 12.0, RTX 3060": (linux("525.147.05", "12.0", "RTX 3060, 8.6"), LINUX, "cu121"),
    "Linux, CUDA 12.2, RTX 3060": (linux("535.183.01", "12.2", "RTX 3060, 8.6"), LINUX, "cu122"),
    "Linux, CUDA 12.4, RTX 4090": (linux("550.54.15", "12.4", "RTX 4090, 8.9"), LINUX, "cu124"),
    "Linux, CUDA 12.8, RTX 5090": (linux("570.86.10", "12.8", "RTX 5090, 12.0"), LINUX, "cu125"),
    "Linux, CUDA 13.0, RTX 5090": (linux("580.65.06", "13.0", "RTX 5090, 12.0"), LINUX, "cu130"),
    "Linux, CUDA 13.0, GTX 1080": (linux("580.65.06", "13.0", "GTX 1080, 6.1"), LINUX, "cu125"),
    "Linux, CUDA 13.0, two GPUs": (linux("580.65.06", "13.0", "RTX 4090, 8.9", "GTX 1080, 6.1"), LINUX, "cu125"),
    "Linux, driver 610, B200": (
        RecordedMachine(
            "Linux", "x86_64", {**nvidia("", "", "NVIDIA B200, 10.0"), "nvidia-smi": recorded.HEADER_SINCE_610}
        ),
        LINUX,
        "cu132",
    ),
    "Linux, Maxwell, old driver": (linux("440.33.01", "10.2", "GTX 960, 5.2"), LINUX, "cpu"),
    "Linux, driver without query": (
        RecordedMachine(
            "Linux",
            "x86_64",
            {
                **nvidia("460.91.03", "11.2"),
                "nvidia-smi --query-gpu=name,compute_cap --format=csv,noheader": recorded.OLD_QUERY,
                "nvidia-smi --query-gpu=name --format=csv,noheader": "Tesla V100\n",
            },
        ),
        LINUX,
        "cpu",
    ),
    "Linux, driver does not answer": (
        RecordedMachine("Linux", "x86_64", {"nvidia-smi": recorded.NO_COMMUNICATION}),
        LINUX,
        "cpu",
    ),
    "Linux, no nvidia-smi": (
        RecordedMachine("Linux", "x86_64", files={"/proc/driver/nvidia/version": recorded.KERNEL_MODULE}),
        LINUX,
        "cu122",
    ),
    "Linux, NVIDIA without driver": (NO_DRIVER, LINUX, "cpu"),
    "Jetson": (
        RecordedMachine("Linux", "aarch64", nvidia("540.4.0", "12.6", "Orin, 8.7")),
        ARM,
        "cpu",
    ),
    "Linux, RX 7900, ROCm 7.2": (ROCM, LINUX, "rocm72"),
    "Linux, RX 7900, ROCm 6.4": (OLD_ROCM, LINUX, "vulkan"),
    "Linux, RX 6600, no ROCm": (NO_ROCM, LINUX, "vulkan"),
    "Linux, AMD APU": (APU, LINUX, "cpu"),
    "Linux, Arc": (ARC, LINUX, "vulkan"),
    "Linux, Intel integrated": (INTEGRATED, LINUX, "cpu"),
    "Linux, no GPU": (RecordedMachine("Linux", "x86_64"), LINUX, "cpu"),
    "Alpine": (RecordedMachine("Linux", "x86_64"), MUSL, "cpu"),
    "Raspberry Pi": (RecordedMachine("Linux", "aarch64"), ARM, "cpu"),
    "Windows, CUDA 12.2, RTX 3070": (windows("537.58", "12.2", "RTX 3070, 8.6"), WINDOWS, "cu124"),
    "Windows, CUDA 12.2, RTX 5090": (windows("537.58", "12.2", "RTX 5090, 12.0"), WINDOWS, "cpu"),
    "Windows, CUDA 12.6, RTX 4070": (windows("560.94", "12.6", "RTX 4070, 8.9"), WINDOWS, "cu125"),
    "Windows, CUDA 13.1, RTX 4070": (windows("591.44", "13.1", "RTX 4070, 8.9"), WINDOWS, "cu130"),
    "Windows, RX 7900": (on_windows(recorded.WINDOWS_AMD), WINDOWS, "hip-radeon"),
    "Windows, RX 580": (on_windows(recorded.WINDOWS_VEGA), WINDOWS, "vulkan"),
    "Windows, Intel integrated": (on_windows(recorded.WINDOWS_INTEL), WINDOWS, "cpu"),
    "Windows, remote desktop": (on_windows(recorded.WINDOWS_REMOTE), WINDOWS, "cpu"),
    "Windows, PowerShell fails": (on_windows("powershell : Access denied"), WINDOWS, "cpu"),
    "Mac, M2": (RecordedMachine("Darwin", "arm64", {"sysctl -n sysctl.proc_translated": "0\n"}), MAC, "metal"),
    "Mac, Rosetta": (
        RecordedMachine("Darwin", "x86_64", {"sysctl -n sysctl.proc_translated": "1\n"}),
        INTEL_MAC,
        None,
    ),
    "Mac, Intel": (RecordedMachine("Darwin", "x86_64"), INTEL_MAC, None),
}
"""Each machine, its Python's platform, and the tag that is right; None where there is no wheel at all."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("index")
    index_server.write_index(root)
    with index_server.serve(root) as address:
        yield address


@pytest.mark.parametrize("name", MACHINES)
def test_auto_chooses_what_fits(name: str, index: str) -> None:
    probes, platform, expected = MACHINES[name]
    tags = [Tag("py3", "none", each) for each in platform.split(".")]
    advice = advise(detect(probes))
    found = find_wheel(advice.candidates, SpecifierSet(">=0.3.36,<0.4"), tags, lambda tag: read_links(index, tag))
    assert (found.candidate.tag if found.candidate else None) == expected
    if found.wheel is not None:
        assert found.wheel.link.name == f"llama_cpp_python-0.3.36-py3-none-{platform}.whl"
        assert found.wheel.link.url == f"{index}files/{expected}/{found.wheel.link.name}"


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("Linux, CUDA 11.8, H100", "no CUDA wheel runs H100 (compute capability 9.0) with a driver for CUDA 11.8"),
        ("Linux, Maxwell, old driver", "driver 440.33.01 is too old for CUDA 11: update it to 525 or newer"),
        ("Linux, driver does not answer", "NVIDIA's driver does not answer (NVIDIA-SMI has failed"),
        ("Linux, NVIDIA without driver", "has no NVIDIA driver: install NVIDIA's driver"),
        ("Jetson", "there are no CUDA wheels for aarch64: compile with --compile"),
        ("Linux, RX 7900, ROCm 6.4", "needs ROCm 7 and ROCm 6.4 is installed"),
        ("Linux, RX 6600, no ROCm", "there is no ROCm wheel for AMD GPU gfx1032"),
        ("Linux, Intel integrated", "`dovetail backend vulkan` tries it and keeps it only if it is"),
        ("Mac, Rosetta", "Intel program under Rosetta: install an arm64 Python"),
    ],
)
def test_what_prevents_a_build_is_reported(name: str, note: str) -> None:
    assert any(note in each for each in advise(detect(MACHINES[name][0])).notes)


@pytest.mark.parametrize(
    ("name", "wanted", "tags"),
    [
        ("Linux, Intel integrated", "vulkan", ["vulkan"]),
        ("Linux, no GPU", "cuda", []),
        ("Linux, no GPU", "vulkan", []),
        ("Mac, M2", "vulkan", []),
        ("Mac, M2", "cpu", ["cpu"]),
        ("Linux, CUDA 12.2, RTX 3060", "cuda", ["cu122", "cu121", "cu123", "cu124", "cu125", "cu118"]),
        ("Linux, CUDA 12.8, RTX 5090", "cuda", ["cu125", "cu124", "cu123", "cu122", "cu121"]),
        ("Windows, CUDA 12.2, RTX 3070", "cuda", ["cu124", "cu125", "cu118"]),
        ("Linux, RX 7900, ROCm 7.2", "rocm", ["rocm72"]),
    ],
)
def test_a_named_backend_gets_its_own_tags_alone(name: str, wanted: Backend, tags: list[str]) -> None:
    advice = advise(detect(MACHINES[name][0]), wanted)
    assert [candidate.tag for candidate in advice.candidates] == tags
    assert tags or advice.notes


def test_a_mismatch_of_driver_and_library_is_quoted() -> None:
    machine = detect(RecordedMachine("Linux", "x86_64", {"nvidia-smi": recorded.MISMATCH}))
    assert machine.nvidia is not None
    assert machine.nvidia.problem == "Failed to initialize NVML: Driver/library version mismatch"
