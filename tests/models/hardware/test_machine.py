"""What a machine has, read from files in the form of Linux's, and on this machine itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dovetail_models.hardware import machine
from dovetail_models.hardware.estimate import repacked_types

CPUINFO = """processor	: 0
flags		: fpu sse2 avx avx2 fma f16c avx512f avx512_vnni

processor	: 1
"""
ARM = "processor : 0\nFeatures : fp asimd asimddp i8mm sve\n"


def cgroup(folder: Path, path: str, lines: str, **files: str) -> tuple[Path, Path]:
    """Return a control group's folder below a root, and the file that names it."""
    root = folder / "cgroup"
    (root / path).mkdir(parents=True)
    for name, content in files.items():
        (root / path / name.replace("__", ".")).write_text(content)
    process = folder / "self"
    process.write_text(lines)
    return root, process


def test_this_machine() -> None:
    found = machine.detect()
    assert 1 <= found.usable_cores <= (psutil.cpu_count() or 1)
    assert 0 < found.free_bytes <= found.total_bytes and found.physical_cores >= 1


def test_instruction_sets() -> None:
    assert machine.instruction_sets(CPUINFO) == ("AVX512_VNNI", "AVX512", "AVX2", "FMA", "F16C", "AVX")
    assert machine.instruction_sets(ARM) == ("MATMUL_INT8", "DOTPROD", "SVE", "NEON")
    assert machine.instruction_sets("nothing known") == ()


def test_which_weights_are_repacked() -> None:
    assert "q4_K" in repacked_types(machine.instruction_sets(CPUINFO))
    assert "q6_K" not in repacked_types(machine.instruction_sets(CPUINFO))
    assert {"q6_K", "q8_0"} <= repacked_types(machine.instruction_sets(ARM))
    assert repacked_types(()) == frozenset()


@pytest.mark.parametrize(
    ("quota", "expected"), [("200000 100000", 2.0), ("50000 100000", 0.5), ("max 100000", None), ("junk", None)]
)
def test_a_quota_of_version_2(tmp_path: Path, quota: str, expected: float | None) -> None:
    root, process = cgroup(tmp_path, "user/app", "0::/user/app\n", cpu__max=quota)
    assert machine.quota_cores(root, process) == expected


def test_a_quota_of_a_group_further_up(tmp_path: Path) -> None:
    root, process = cgroup(tmp_path, "user/app", "0::/user/app\n", cpu__max="400000 100000")
    (root / "user" / "cpu.max").write_text("150000 100000")
    assert machine.quota_cores(root, process) == 1.5


def test_a_quota_of_version_1(tmp_path: Path) -> None:
    files = {"cpu__cfs_quota_us": "300000", "cpu__cfs_period_us": "100000"}
    root, process = cgroup(tmp_path, "cpu/docker/x", "4:cpu:/docker/x\n", **files)
    assert machine.quota_cores(root, process) == 3.0


def test_a_path_as_the_machine_outside_sees_it(tmp_path: Path) -> None:
    root, process = cgroup(tmp_path, "", "0::/../../outside/app\n", cpu__max="100000 100000")
    assert machine.quota_cores(root, process) == 1.0


def test_memory_of_a_container(tmp_path: Path) -> None:
    files = {"memory__max": "1000000", "memory__current": "700000", "memory__stat": "anon 5\ninactive_file 200000\n"}
    root, process = cgroup(tmp_path, "app", "0::/app\n", **files)
    (limit,) = machine._cgroup_memory(root, process)
    assert limit.left_bytes == 500_000 and "container" in limit.name


def test_no_limit_of_version_1(tmp_path: Path) -> None:
    files = {"memory__limit_in_bytes": "9223372036854771712", "memory__usage_in_bytes": "700000"}
    root, process = cgroup(tmp_path, "memory/app", "4:memory:/app\n", **files)
    assert list(machine._cgroup_memory(root, process)) == []


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from dovetail_models.hardware.machine import detect
found = detect()
print(found.free_bytes < 2**30, found.limited_by)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no RLIMIT_AS")
def test_the_limit_of_this_process() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "True the limit on address space (ulimit -v)", done.stderr
