"""Fetching is repeatable: versions and hashes come from the manifest, licences from the packages."""

import json
from pathlib import Path

import pytest
from models.starter.corpus import fetch
from models.starter.corpus.fetch import MANIFEST, SOURCES, fetch_all, read_manifest
from models.starter.corpus.licences import permissive_licence
from models.starter.corpus.registries import Fetched


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, str | None, bytes]]:
    """Packages by name: (newest version, licence, content). Asking for another version gives that one."""
    packages: dict[str, tuple[str, str | None, bytes]] = {}

    def fetch_one(name: str, version: str | None, folder: Path) -> Fetched:
        newest, licence, content = packages[name]
        archive = folder / f"{name}-{version or newest}.whl"
        archive.write_bytes(content)
        return Fetched(archive, version or newest, licence, licence or "GPL-3.0")

    monkeypatch.setitem(fetch.FETCHERS, "pip", fetch_one)
    return packages


def test_a_second_fetch_takes_the_versions_of_the_manifest(
    tmp_path: Path, registry: dict[str, tuple[str, str | None, bytes]]
) -> None:
    sources, manifest = _sources(tmp_path, ["one", "two"])
    registry |= {"one": ("1.0", "MIT", b"content"), "two": ("1.0", None, b"copyleft")}
    problems = fetch_all(tmp_path / "work", manifest, sources)
    assert [package.name for package in read_manifest(manifest)] == ["one"]
    assert problems == ["pip two: licence not on the permissive list: 'GPL-3.0'"]

    registry["one"] = ("2.0", "MIT", b"content")
    fetch_all(tmp_path / "elsewhere", manifest, sources)
    (package,) = read_manifest(manifest)
    assert package.version == "1.0" and (tmp_path / "elsewhere/archives" / package.archive).exists()


def test_changed_content_is_refused(tmp_path: Path, registry: dict[str, tuple[str, str | None, bytes]]) -> None:
    sources, manifest = _sources(tmp_path, ["one"])
    registry["one"] = ("1.0", "MIT", b"content")
    fetch_all(tmp_path / "work", manifest, sources)
    before = manifest.read_text()
    registry["one"] = ("1.0", "MIT", b"changed")
    (problem,) = fetch_all(tmp_path / "elsewhere", manifest, sources)
    assert "sha256" in problem
    assert manifest.read_text() == before
    assert not list((tmp_path / "elsewhere/archives").iterdir())


def test_evaluation_projects_are_refused_by_name(
    tmp_path: Path, registry: dict[str, tuple[str, str | None, bytes]]
) -> None:
    sources, manifest = _sources(tmp_path, ["one"])
    problems = fetch_all(tmp_path / "work", manifest, sources, excluded=frozenset({"one"}))
    assert problems == ["pip one: an evaluation project"] and read_manifest(manifest) == []


def test_the_manifest_holds_permissive_packages_that_the_sources_name() -> None:
    packages = read_manifest()
    assert len(packages) > 500 and MANIFEST.exists()
    sources = SOURCES.read_text(encoding="utf-8")
    for package in packages:
        assert f'"{package.name}"' in sources
        assert permissive_licence(package.licence), package
        assert len(package.sha256) == 64 and package.bytes > 0


def test_no_evaluation_project_is_in_the_manifest(shared: Path) -> None:
    projects = json.loads((shared / "eval" / "repos" / "projects.json").read_text(encoding="utf-8"))
    forbidden = {name for name, entry in projects.items()} | {entry["locator"] for entry in projects.values()}
    assert not forbidden & {package.name for package in read_manifest()}


def _sources(folder: Path, names: list[str]) -> tuple[Path, Path]:
    sources = folder / "sources.toml"
    sources.write_text(f"[pip]\npython = {json.dumps(names)}\n", encoding="utf-8")
    return sources, folder / "manifest.jsonl"
