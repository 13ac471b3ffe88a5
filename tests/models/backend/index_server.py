"""A wheel index on loopback: small wheels for every tag that llama-cpp-python publishes."""

from __future__ import annotations

import base64
import hashlib
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LINUX = "manylinux_2_17_x86_64.manylinux2014_x86_64"
ARM = "manylinux_2_17_aarch64.manylinux2014_aarch64"
MUSL = "musllinux_1_2_x86_64"
MAC = "macosx_11_0_arm64"
WINDOWS = "win_amd64"

PLATFORMS = {
    "cpu": (LINUX, ARM, MUSL, MAC, WINDOWS),
    **{f"cu{number}": (LINUX, WINDOWS) for number in (118, 124, 125, 130, 132)},
    **{f"cu{number}": (LINUX,) for number in (121, 122, 123)},
    "metal": (MAC,),
    "vulkan": (LINUX, WINDOWS),
    "rocm72": (LINUX,),
    "hip-radeon": (WINDOWS,),
}
"""What each index has wheels for."""

FILES = {"llama_cpp/__init__.py": b"raise ImportError('a wheel for tests')\n"}


def write_wheel(folder: Path, version: str, platform: str, files: Mapping[str, bytes] = FILES) -> Path:
    """Write a wheel of llama-cpp-python with these files."""
    info = f"llama_cpp_python-{version}.dist-info"
    tags = "".join(f"Tag: py3-none-{each}\n" for each in platform.split("."))
    every = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: llama_cpp_python\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\n{tags}".encode(),
    }
    digests = {
        name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=") for name, data in every.items()
    }
    record = "".join(f"{name},sha256={digests[name].decode()},{len(data)}\n" for name, data in every.items())
    every[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"llama_cpp_python-{version}-py3-none-{platform}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in every.items():
            archive.writestr(name, data)
    return path


def write_index(root: Path, versions: tuple[str, ...] = ("0.3.35", "0.3.36")) -> None:
    """Write every tag's wheels and its page, in the form of llama-cpp-python's own index."""
    for tag, platforms in PLATFORMS.items():
        for version in versions:
            for platform in platforms:
                write_wheel(root / "files" / tag, version, platform)
        write_page(root, tag)


def write_page(root: Path, tag: str) -> None:
    """Write the page that lists the wheels in `files/TAG`."""
    page = root / tag / "llama-cpp-python" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    links = [
        f'<a href="/files/{tag}/{wheel.name}">{wheel.name}</a><br>'
        for wheel in sorted((root / "files" / tag).iterdir())
    ]
    page.write_text(
        "<!DOCTYPE html><html><body><h1>Links for llama-cpp-python</h1>\n" + "\n".join(links) + "</body></html>"
    )


@contextmanager
def serve(root: Path) -> Iterator[str]:
    """Serve a folder on a free port of 127.0.0.1."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
