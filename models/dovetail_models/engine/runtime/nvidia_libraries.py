"""NVIDIA's CUDA libraries from pip: llama-cpp-python's CUDA wheels need them and do not hold them.

The system's loader does not search site-packages. Once a library is loaded, later requests for its name succeed. So
`preload` loads the libraries by path before llama.cpp is imported.
"""

import ctypes
import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

Version = tuple[int, int]
"""Major and minor, of CUDA."""

CUDA_BACKEND = ("libggml-cuda.so", "ggml-cuda.dll")
"""The file in llama_cpp/lib by which a CUDA build is known, on Linux and Windows."""

_ORDER = ("cudart", "cublasLt", "cublas")
"""Each after those that it needs itself."""

_FOLDERS = ("cuda_runtime/lib", "cublas/lib", "cuda_runtime/bin", "cublas/bin", "cu*/lib", "cu*/bin/x86_64", "cu*/bin")
"""Below site-packages/nvidia: a folder for each library up to CUDA 12, one for all since 13; `bin` on Windows."""

_LIBRARY = re.compile(r"^(?:lib)?(cudart|cublasLt|cublas)(?:\.so\.(\d+)(?:\.0)?|64_(\d+)\d*\.dll)$")

_MISSING = re.compile(r"lib(cudart|cublas|cublasLt)\.so\.(\d+)|(cudart|cublas|cublasLt)64_(\d+)")


def packages(cuda: Version) -> tuple[str, ...]:
    """Return the requirements that hold what a wheel for this CUDA version needs.

    Since CUDA 13 the names have no suffix, and cuBLAS counts its own minor versions.
    """
    major, minor = cuda
    if major >= 13:
        return (f"nvidia-cuda-runtime=={major}.{minor}.*", f"nvidia-cublas>={major},<{major + 1}")
    if major == 11:
        return ("nvidia-cuda-runtime-cu11==11.8.*", "nvidia-cublas-cu11==11.11.*")
    return (f"nvidia-cuda-runtime-cu12=={major}.{minor}.*", f"nvidia-cublas-cu12=={major}.{minor}.*")


def names(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return the distributions that requirements name."""
    return tuple(re.split(r"[=<>]", requirement)[0] for requirement in requirements)


def is_missing(message: str) -> bool:
    """Return whether a loader's message names one of these libraries, or is Windows', which names none."""
    return bool(_MISSING.search(message)) or "or one of its dependencies" in message


def preload() -> tuple[str, ...]:
    """Load pip's CUDA libraries if the installed llama.cpp is a CUDA build; return their paths.

    A library that cannot be loaded is left to llama.cpp, whose own error then names it.
    """
    found = importlib.util.find_spec("llama_cpp")
    if found is None or not found.submodule_search_locations:
        return ()
    library_folder = Path(found.submodule_search_locations[0]) / "lib"
    if not any((library_folder / name).exists() for name in CUDA_BACKEND):
        return ()
    nvidia = importlib.util.find_spec("nvidia")
    loaded = []
    for path in libraries(Path(place) for place in (nvidia and nvidia.submodule_search_locations) or ()):
        try:
            ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        loaded.append(str(path))
    return tuple(loaded)


def libraries(roots: Iterable[Path]) -> tuple[Path, ...]:
    """Return the CUDA libraries below `site-packages/nvidia` folders, in the order in which to load them."""
    found: set[Path] = set()
    for root in roots:
        for pattern in _FOLDERS:
            for folder in root.glob(pattern):
                found.update(path for path in folder.iterdir() if _LIBRARY.match(path.name))
    return tuple(sorted(found, key=lambda path: (_ORDER.index(_library(path)), str(path))))


def _library(path: Path) -> str:
    match = _LIBRARY.match(path.name)
    assert match is not None  # `libraries` takes no others.
    return match[1]
