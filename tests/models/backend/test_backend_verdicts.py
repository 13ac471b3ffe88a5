"""What a child's end means, when a new build may stay, and which CUDA libraries are loaded before it."""

from __future__ import annotations

import ctypes
import dataclasses
import math
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dovetail_models.backend.drivers.machine import Version
from dovetail_models.backend.trial.report import BuildReport, Device, Failure, from_json, to_json
from dovetail_models.backend.trial.verify import judge, read_trial
from dovetail_models.engine.runtime import nvidia_libraries
from dovetail_models.engine.runtime.nvidia_libraries import is_missing, libraries, names, packages

CPU = Device("CPU", "a processor", "cpu", "CPU", 1 << 34)
GPU = Device("CUDA0", "a GPU", "gpu", "CUDA", 1 << 33)
PLAIN = BuildReport("0.3.36", "AVX2 = 1", ("CPU",), (CPU,), 1.0, 1.0, 0.5)
FAST = BuildReport("0.3.36", "CUDA", ("CUDA", "CPU"), (GPU, CPU), 0.9999, 0.1, 0.1)
SLOW = dataclasses.replace(FAST, read_s=1.0, write_s=0.6)


def test_a_report_survives_its_line() -> None:
    assert from_json(to_json(FAST)) == FAST
    assert read_trial(0, f"stage import\nreport {to_json(FAST)}\n", "noise\n") == FAST


@pytest.mark.parametrize(
    ("status", "output", "errors", "reason"),
    [
        (-signal.SIGILL, "stage import\n", "", "it crashed while it was loaded (Illegal instruction)"),
        (-signal.SIGSEGV, "stage import\nstage decode\n", "", "it crashed while it decoded with the starter model"),
        (0xC000001D, "stage import\n", "", "it crashed while it was loaded (illegal instruction)"),
        (-1073741819, "stage import\nstage decode\nstage measure\n", "", "it crashed while its speed was measured"),
        (
            1,
            "stage import\n",
            "Traceback\nOSError: libcudart.so.12: not found\n",
            "it failed while it was loaded (OSError: lib",
        ),
        (0, "stage import\n", "", "it failed while it was loaded (exit status 0)"),
        (0, "report {}\n", "", "its report cannot be read"),
        (3, "", "", "it failed before it was loaded (exit status 3)"),
    ],
)
def test_an_end_without_a_report_is_a_failure(status: int, output: str, errors: str, reason: str) -> None:
    if status == -1073741819:
        status &= 0xFFFFFFFF  # Python on Windows gives the unsigned number.
    trial = read_trial(status, output, errors)
    assert isinstance(trial, Failure)
    assert trial.reason.startswith(reason)


def test_a_build_stays_only_if_it_is_right_and_faster() -> None:
    assert judge("cuda", PLAIN, FAST) == ""
    assert judge("cuda", None, SLOW) == ""
    assert judge("cuda", Failure("it crashed"), SLOW) == ""
    assert judge("cuda", PLAIN, Failure("it crashed")) == "it crashed"
    assert judge("cuda", PLAIN, PLAIN) == "it sees no GPU, only CPU"
    assert judge("vulkan", PLAIN, SLOW) == "it is slower here: 1.60 s for an answer that took 1.50 s before"
    for agreement in (0.5, math.nan, None):
        assert judge("cuda", PLAIN, dataclasses.replace(FAST, agreement=agreement)).startswith(
            "it computes other numbers"
        )


def test_a_cpu_build_may_be_slower_and_a_gpu_build_as_fast_as_one_before() -> None:
    assert judge("cpu", FAST, PLAIN) == ""
    assert judge("cuda", FAST, dataclasses.replace(FAST, read_s=0.105)) == ""
    assert judge("cuda", FAST, dataclasses.replace(FAST, read_s=0.2)) != ""


@pytest.mark.parametrize(
    ("cuda", "expected"),
    [
        ((11, 8), ("nvidia-cuda-runtime-cu11==11.8.*", "nvidia-cublas-cu11==11.11.*")),
        ((12, 4), ("nvidia-cuda-runtime-cu12==12.4.*", "nvidia-cublas-cu12==12.4.*")),
        ((13, 0), ("nvidia-cuda-runtime==13.0.*", "nvidia-cublas>=13,<14")),
    ],
)
def test_each_cuda_version_has_its_packages(cuda: Version, expected: tuple[str, ...]) -> None:
    assert packages(cuda) == expected
    assert names(expected) == tuple(each.split("=")[0].split(">")[0] for each in expected)


def test_a_missing_cuda_library_is_distinguished_from_other_failures() -> None:
    assert is_missing("OSError: libcudart.so.12: cannot open shared object file: No such file or directory")
    assert is_missing("libcublas.so.13: cannot open shared object file")
    assert is_missing("Could not find module 'C:\\x\\llama.dll' (or one of its dependencies)")
    assert not is_missing("OSError: libvulkan.so.1: cannot open shared object file")
    assert not is_missing("it crashed while it was loaded (Illegal instruction)")


LAYOUTS = {
    "CUDA 12 on Linux": [
        "cublas/lib/libcublas.so.12",
        "cublas/lib/libcublasLt.so.12",
        "cublas/lib/libnvblas.so.12",
        "cuda_runtime/lib/libcudart.so.12",
    ],
    "CUDA 11 on Linux": [
        "cublas/lib/libcublas.so.11",
        "cublas/lib/libcublasLt.so.11",
        "cuda_runtime/lib/libcudart.so.11.0",
    ],
    "CUDA 13 on Linux": ["cu13/lib/libcublas.so.13", "cu13/lib/libcublasLt.so.13", "cu13/lib/libcudart.so.13"],
    "CUDA 12 on Windows": [
        "cublas/bin/cublas64_12.dll",
        "cublas/bin/cublasLt64_12.dll",
        "cuda_runtime/bin/cudart64_12.dll",
    ],
    "CUDA 13 on Windows": [
        "cu13/bin/x86_64/cublas64_13.dll",
        "cu13/bin/x86_64/cublasLt64_13.dll",
        "cu13/bin/x86_64/cudart64_13.dll",
    ],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_libraries_are_loaded_in_the_order_of_their_needs(layout: str, tmp_path: Path) -> None:
    for name in LAYOUTS[layout]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [path.name for path in libraries([tmp_path])]
    assert len(found) == 3
    assert "cudart" in found[0]
    assert "cublasLt" in found[1]
    assert "cublas" in found[2] and "Lt" not in found[2]


def test_only_a_cuda_build_has_its_libraries_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LAYOUTS["CUDA 12 on Linux"]:
        (tmp_path / "nvidia" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "nvidia" / name).touch()
    (tmp_path / "llama_cpp" / "lib").mkdir(parents=True)
    (tmp_path / "llama_cpp" / "__init__.py").touch()
    loaded: list[str] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda path, mode: loaded.append(Path(path).name))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: _spec(tmp_path / name))
    assert nvidia_libraries.preload() == ()
    (tmp_path / "llama_cpp" / "lib" / "libggml-cuda.so").touch()
    assert len(nvidia_libraries.preload()) == 3
    assert loaded == ["libcudart.so.12", "libcublasLt.so.12", "libcublas.so.12"]


LOAD = """
import ctypes, sys
sys.path.insert(0, sys.argv[1])
from dovetail_models.engine.runtime.nvidia_libraries import preload
if sys.argv[2] == "preloaded":
    preload()
ctypes.CDLL(sys.argv[1] + "/llama_cpp/lib/libggml-cuda.so")
"""


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler to make two libraries"
)
def test_a_cuda_build_loads_with_the_libraries_from_pip(tmp_path: Path) -> None:
    """Two real libraries, of which one needs the other by name, as llama.cpp's needs NVIDIA's."""
    runtime = tmp_path / "nvidia" / "cuda_runtime" / "lib" / "libcudart.so.12"
    backend = tmp_path / "llama_cpp" / "lib" / "libggml-cuda.so"
    for library in (runtime, backend):
        library.parent.mkdir(parents=True)
    (tmp_path / "llama_cpp" / "__init__.py").touch()
    source = tmp_path / "x.c"
    source.write_text("int cudaRuntime(void) { return 12; }")
    subprocess.run(["cc", "-shared", "-fPIC", "-Wl,-soname,libcudart.so.12", "-o", runtime, source], check=True)
    source.write_text("int cudaRuntime(void); int ggml(void) { return cudaRuntime(); }")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", backend, source, runtime], check=True)
    command = [sys.executable, "-c", LOAD, str(tmp_path)]
    plain = subprocess.run([*command, "plain"], capture_output=True, text=True, check=False)
    assert is_missing(plain.stderr.splitlines()[-1])
    preloaded = subprocess.run([*command, "preloaded"], capture_output=True, text=True, check=False)
    assert preloaded.returncode == 0, preloaded.stderr


@dataclasses.dataclass
class _Spec:
    submodule_search_locations: list[str]


def _spec(folder: Path) -> _Spec:
    return _Spec([str(folder)])
