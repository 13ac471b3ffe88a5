"""The wheel index: pages, the wheel that fits, the download, and the lines for what goes wrong."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag

from dovetail_models.backend.choice import CPU, Candidate
from dovetail_models.backend.errors import BackendError
from dovetail_models.backend.install.compiling import shell_line, step_of
from dovetail_models.backend.wheels.fetch import fetch
from dovetail_models.backend.wheels.find import find_wheel
from dovetail_models.backend.wheels.index import DEFAULT_INDEX, INDEX_VARIABLE, index_address, read_links
from dovetail_models.backend.wheels.wheel import Link, links_of, pick
from tests.models.backend import index_server
from tests.models.backend.index_server import LINUX

TAGS = [Tag("py3", "none", each) for each in LINUX.split(".")]
ALLOWED = SpecifierSet(">=0.3.36,<0.4")


def wheel_links(*names: str) -> tuple[Link, ...]:
    return tuple(Link(name, f"https://example.org/{name}", "") for name in names)


def test_links_are_decoded_and_resolved() -> None:
    page = (
        '<a href="../../files/llama_cpp_python-0.3.36%2Bx-py3-none-any.whl#sha256=abc">a</a>'
        '<a>none</a><A HREF="b.whl">b</A>'
    )
    assert links_of(page, "https://example.org/whl/cpu/llama-cpp-python/") == (
        Link(
            "llama_cpp_python-0.3.36+x-py3-none-any.whl",
            "https://example.org/whl/files/llama_cpp_python-0.3.36%2Bx-py3-none-any.whl",
            "abc",
        ),
        Link("b.whl", "https://example.org/whl/cpu/llama-cpp-python/b.whl", ""),
    )


def test_the_newest_allowed_wheel_for_this_python_is_picked() -> None:
    links = wheel_links(
        f"llama_cpp_python-0.3.35-py3-none-{LINUX}.whl",
        f"llama_cpp_python-0.3.9-py3-none-{LINUX}.whl",
        f"llama_cpp_python-0.3.40-cp312-cp312-{LINUX}.whl",
        f"llama_cpp_python-0.3.38-py3-none-{LINUX}.whl",
        f"llama_cpp_python-0.3.37-py3-none-{LINUX}.whl",
        "llama_cpp_python-0.3.39-py3-none-win_amd64.whl",
        f"llama_cpp_python-0.4.0-py3-none-{LINUX}.whl",
        f"llama_cpp_python-0.3.41rc1-py3-none-{LINUX}.whl",
        "llama_cpp_python-0.3.39.tar.gz",
        "not a wheel.whl",
        f"other-0.3.39-py3-none-{LINUX}.whl",
    )
    wheel = pick(links, ALLOWED, TAGS)
    assert wheel is not None
    assert wheel.link.name == f"llama_cpp_python-0.3.38-py3-none-{LINUX}.whl"


def test_a_stale_tag_is_skipped_and_reported() -> None:
    pages = {
        "cu124": wheel_links(f"llama_cpp_python-0.3.30-py3-none-{LINUX}.whl"),
        "cu123": (),
        "cpu": wheel_links(f"llama_cpp_python-0.3.36-py3-none-{LINUX}.whl"),
    }
    candidates = [Candidate("cuda", "cu124", "x"), Candidate("cuda", "cu123", "x"), CPU]
    found = find_wheel(candidates, ALLOWED, TAGS, pages.__getitem__)
    assert found.candidate == CPU
    assert found.misses == (
        "the index has no llama-cpp-python<0.4,>=0.3.36 under cu124 (the newest is 0.3.30)",
        "the index has no llama-cpp-python<0.4,>=0.3.36 under cu123 (it has none for this system)",
    )


def test_the_index_comes_from_the_option_then_the_environment() -> None:
    environment = {INDEX_VARIABLE: "https://mirror.example.org/whl"}
    assert index_address("http://127.0.0.1:1/x", environment) == "http://127.0.0.1:1/x/"
    assert index_address(None, environment) == "https://mirror.example.org/whl/"
    assert index_address(None, {}) == DEFAULT_INDEX
    with pytest.raises(BackendError, match="not a wheel index: give an address that begins with https"):
        index_address("ftp://example.org", {})


def test_a_tag_that_the_index_does_not_know_has_no_links(tmp_path: Path) -> None:
    index_server.write_wheel(tmp_path / "files" / "cpu", "0.3.36", LINUX)
    index_server.write_page(tmp_path, "cpu")
    with index_server.serve(tmp_path) as address:
        assert len(read_links(address, "cpu")) == 1
        assert read_links(address, "cu999") == ()
    with pytest.raises(BackendError, match="wheel index cannot be reached"):
        read_links(address, "cpu")
    assert len(read_links(f"{tmp_path.as_uri()}/", "cpu")) == 1
    assert read_links(f"{tmp_path.as_uri()}/", "cu999") == ()


def test_a_download_is_complete_or_refused(tmp_path: Path) -> None:
    wheel = index_server.write_wheel(tmp_path / "files", "0.3.36", LINUX)
    damaged = tmp_path / "files" / f"llama_cpp_python-0.3.37-py3-none-{LINUX}.whl"
    damaged.write_bytes(wheel.read_bytes()[:-30])
    target = tmp_path / "target"
    target.mkdir()
    seen: list[tuple[int, int]] = []
    with index_server.serve(tmp_path) as address:
        link = Link(wheel.name, f"{address}files/{wheel.name}", hashlib.sha256(wheel.read_bytes()).hexdigest())
        fetched = fetch(link, target, lambda done, total: seen.append((done, total)))
        assert fetched.read_bytes() == wheel.read_bytes()
        assert seen[-1] == (wheel.stat().st_size, wheel.stat().st_size)
        with pytest.raises(BackendError, match="is not a wheel"):
            fetch(Link(damaged.name, f"{address}files/{damaged.name}", ""), target, lambda *_: None)
        with pytest.raises(BackendError, match="does not have the checksum"):
            fetch(Link(wheel.name, link.url, "0" * 64), target, lambda *_: None)
        with pytest.raises(BackendError, match="cannot be reached"):
            fetch(Link("x.whl", f"{address}files/x.whl", ""), target, lambda *_: None)
    assert [path.name for path in target.glob("*.whl")] == [wheel.name]


def test_the_compile_line_can_be_pasted_into_a_shell() -> None:
    assert shell_line("cuda", "/a b/python", ">=0.3.36", windows=False) == (
        "CMAKE_ARGS=\"-DGGML_CUDA=on\" '/a b/python' -m pip install --no-deps --force-reinstall --no-cache-dir "
        "--no-binary llama-cpp-python 'llama-cpp-python>=0.3.36'"
    )
    assert shell_line("vulkan", r"C:\a b\python.exe", ">=0.3.36", windows=True).startswith(
        "$env:CMAKE_ARGS = \"-DGGML_VULKAN=on\"; & 'C:\\a b\\python.exe' '-m' 'pip' 'install'"
    )
    assert not shell_line("cpu", "python", ">=0.3.36", windows=False).startswith("CMAKE_ARGS")


def test_the_progress_of_a_build_is_read_from_its_output() -> None:
    assert step_of("  [12/345] Building CXX object vendor/llama.cpp/ggml/src/x.o") == (12, 345)
    assert step_of("  -- Configuring done (1.2s)") is None
