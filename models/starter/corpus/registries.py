"""Fetching one package by name through its registry's ordinary client: pip, npm, apt. The only module that speaks to
another machine.

Each function leaves one archive in `folder` and returns what it is. Nothing is installed and no package's code is run.
"""

import json
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from models.starter.corpus.licences import permissive_licence

DEBIAN_RELEASE = "bookworm"
CLIENT_TIMEOUT_S = 300  # one large archive over a slow line


@dataclass(frozen=True, slots=True)
class Fetched:
    """An archive on disk and what its own metadata says."""

    archive: Path
    version: str
    licence: str | None  # None: not permissive, or not stated
    stated_licence: str


class FetchError(Exception):
    """The registry has no such package, or none in the wanted form; the message is the client's last line."""


def fetch_stdlib(name: str, version: str | None, folder: Path) -> Fetched:
    """Pack the running interpreter's standard library (without site-packages and its own tests)."""
    root = Path(sysconfig.get_paths()["stdlib"])
    archive = folder / f"{name}-{platform.python_version()}.tar"
    skipped = {"site-packages", "dist-packages", "test", "tests", "__pycache__", "idlelib", "lib2to3", "turtledemo"}
    with tarfile.open(archive, "w") as out:
        for path in sorted(root.rglob("*.py")):
            inside = path.relative_to(root)
            if not skipped & set(inside.parts):
                info = tarfile.TarInfo(f"python/{inside.as_posix()}")
                info.size = path.stat().st_size
                with path.open("rb") as source:
                    out.addfile(info, source)
    return Fetched(archive, platform.python_version(), "PSF-2.0", "PSF-2.0")


def fetch_pip(name: str, version: str | None, folder: Path) -> Fetched:
    """Download the wheel (never a source distribution, whose build would run the package's code)."""
    _run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder),
          f"{name}=={version}" if version else name])  # fmt: skip
    archive = _only_file(folder, ".whl")
    with zipfile.ZipFile(archive) as wheel:
        metadata_name = next(entry for entry in wheel.namelist() if entry.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(wheel.read(metadata_name).decode("utf-8", "replace"))
    stated = metadata.get("License-Expression") or ""
    classifiers = [
        line.split(" :: ")[-1] for line in metadata.get_all("Classifier", []) if line.startswith("License ::")
    ]
    phrases = [stated] if stated else [*classifiers, (metadata.get("License") or "").split("\n")[0]]
    phrases = [phrase for phrase in phrases if phrase and phrase not in ("OSI Approved", "UNKNOWN")]
    readings = [permissive_licence(phrase) for phrase in phrases]
    # Several classifiers that disagree (say MIT and GPL) mean that a part is not permissive: refuse.
    strict = (
        readings
        if stated
        else [reading for reading, phrase in zip(readings, phrases, strict=True) if phrase in classifiers] or readings
    )
    licence = None if not strict or None in strict else next(reading for reading in strict if reading)
    return Fetched(archive, metadata["Version"], licence, "; ".join(phrases))


def fetch_npm(name: str, version: str | None, folder: Path) -> Fetched:
    """Pack the published package."""
    _run(
        [
            "npm",
            "pack",
            f"{name}@{version}" if version else name,
            "--pack-destination",
            str(folder),
            "--silent",
            "--ignore-scripts",
        ]
    )
    archive = _only_file(folder, ".tgz")
    with tarfile.open(archive) as package:
        manifest = next(
            entry for entry in package if entry.name.count("/") == 1 and entry.name.endswith("/package.json")
        )
        reader = package.extractfile(manifest)
        if reader is None:
            raise FetchError("package.json is not a file")
        described = json.load(reader)
    stated = described.get("license") or described.get("licenses") or ""
    if isinstance(stated, list):
        stated = " OR ".join(entry.get("type", "") for entry in stated)
    elif isinstance(stated, dict):
        stated = stated.get("type", "")
    return Fetched(archive, described["version"], permissive_licence(stated), stated)


def fetch_debian(name: str, version: str | None, folder: Path) -> Fetched:
    """Download a Debian source package (archives only, unpacked by nobody) and keep its upstream tarball."""
    _run(
        [
            "apt-get",
            *_apt_options(folder.parent / "apt"),
            "source",
            "--download-only",
            "-qq",
            f"{name}={version}" if version else name,
        ],
        cwd=folder,
    )
    description = _only_file(folder, ".dsc").read_text(encoding="utf-8", errors="replace")
    found = next(line.split(" ", 1)[1].strip() for line in description.splitlines() if line.startswith("Version: "))
    upstream = [path for path in folder.iterdir() if ".orig.tar." in path.name and not path.name.endswith(".asc")]
    debian = [path for path in folder.iterdir() if ".debian.tar." in path.name]
    native = [path for path in folder.iterdir() if ".tar." in path.name and path not in upstream and path not in debian]
    if not (upstream or native):
        raise FetchError("the source package holds no upstream tarball")
    archive = max(upstream or native, key=lambda path: path.stat().st_size)
    return _debian_result(archive, found, _licences_in((debian or native)[0], "debian/copyright"))


def fetch_debian_binary(name: str, version: str | None, folder: Path) -> Fetched:
    """Download a binary package that holds source (`golang-*-dev`, `librust-*-dev`) and keep its data as a tarball."""
    _run(
        ["apt-get", *_apt_options(folder.parent / "apt"), "download", "-qq", f"{name}={version}" if version else name],
        cwd=folder,
    )
    package = _only_file(folder, ".deb")
    found = subprocess.run(
        ["dpkg-deb", "--field", package, "Version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    archive = folder / f"{name}_{found.replace(':', '-')}.data.tar"
    with archive.open("wb") as out:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", package], stdout=out, check=True)
    return _debian_result(archive, found, _licences_in(archive, f"usr/share/doc/{name}/copyright"))


def _debian_result(archive: Path, version: str, stated: list[str]) -> Fetched:
    readings = [permissive_licence(phrase) for phrase in stated]
    licence = (
        None
        if not readings or None in readings
        else " AND ".join(dict.fromkeys(reading for reading in readings if reading))
    )
    return Fetched(archive, version, licence, "; ".join(stated))


def _licences_in(tarball: Path, copyright_file: str) -> list[str]:
    """Licences of `Files: *` in Debian's copyright file: what holds for the package as a whole."""
    with tarfile.open(tarball) as archive:
        for entry in archive:
            if entry.name.removeprefix("./").endswith(copyright_file) and (reader := archive.extractfile(entry)):
                text = reader.read().decode("utf-8", "replace")
                break
        else:
            return []
    for paragraph in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(":", 1) for line in paragraph.splitlines() if ":" in line and not line[0].isspace())
        if "*" in fields.get("Files", "").split() and "License" in fields:
            return [fields["License"].strip()]
    return []


def prepare_apt(archives: Path) -> None:
    """A private apt state with a source line, so that the system's own configuration stays as it is."""
    state = archives / "apt"
    (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (state / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    lines = (f"{kind} {_debian_mirror()} {DEBIAN_RELEASE} main\n" for kind in ("deb", "deb-src"))
    (state / "sources.list").write_text("".join(lines), encoding="utf-8")
    _run(["apt-get", *_apt_options(state), "update", "-qq"])


def _debian_mirror() -> str:
    """The mirror from which the system itself takes the release."""
    targets = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"]
    listed = subprocess.run(targets, capture_output=True, text=True, check=False).stdout
    mirrors = [line.split()[0] for line in listed.splitlines() if line.split()[1:] == [DEBIAN_RELEASE, "main"]]
    if not mirrors:
        raise FetchError(f"apt on this system has no source for Debian's {DEBIAN_RELEASE} main: add one")
    return min(mirrors)


def _apt_options(state: Path) -> list[str]:
    settings = {
        "Dir::Etc::sourcelist": state / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::Lists": state / "lists",
        "Dir::Cache": state / "cache",
        "APT::Sandbox::User": "root",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _only_file(folder: Path, suffix: str) -> Path:
    found = [path for path in folder.iterdir() if path.name.endswith(suffix)]
    if len(found) != 1:
        raise FetchError(f"expected one *{suffix}, the client left {sorted(path.name for path in folder.iterdir())}")
    return found[0]


def _run(command: list[str], cwd: Path | None = None) -> None:
    if shutil.which(command[0]) is None:
        raise FetchError(f"{command[0]} is not installed: it is needed to fetch this package")
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=CLIENT_TIMEOUT_S, check=False)
    if done.returncode:
        lines = [
            line
            for line in done.stderr.splitlines()
            if line.strip() and not line.startswith(("WARNING", "W:", "npm warn"))
        ]
        raise FetchError(lines[-1] if lines else f"{command[0]} failed with status {done.returncode}")


FETCHERS = {
    "stdlib": fetch_stdlib,
    "pip": fetch_pip,
    "npm": fetch_npm,
    "debian": fetch_debian,
    "debian-binary": fetch_debian_binary,
}
