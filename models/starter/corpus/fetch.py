"""`python -m models.starter fetch`: every package of sources.toml into WORK/archives, and manifest.jsonl that lists
exactly what they are.

A package that the manifest names is fetched in that version and must have that hash; a new one gets a line.
"""

import hashlib
import json
import shutil
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from models.starter.corpus.registries import FETCHERS, FetchError, prepare_apt

HERE = Path(__file__).parent
SOURCES = HERE / "sources.toml"
MANIFEST = HERE / "manifest.jsonl"
PARALLEL_FETCHES = 3  # polite to the registries, and the clients are slow starters


@dataclass(frozen=True, slots=True)
class Package:
    """One line of the manifest."""

    registry: str
    name: str
    version: str
    licence: str
    language: str
    archive: str  # file name inside WORK/archives
    sha256: str
    bytes: int


def read_manifest(path: Path = MANIFEST) -> list[Package]:
    """All packages of the corpus, in the order of the file."""
    if not path.exists():
        return []
    return [Package(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def fetch_all(
    work: Path, manifest: Path = MANIFEST, sources: Path = SOURCES, excluded: frozenset[str] = frozenset()
) -> list[str]:
    """Fetch what is missing, rewrite the manifest, and return one line for each package that was refused or failed."""
    archives = work / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    known = {(package.registry, package.name): package for package in read_manifest(manifest)}
    wanted = [
        (registry, name, language)
        for registry, languages in tomllib.loads(sources.read_text(encoding="utf-8")).items()
        for language, names in languages.items()
        for name in names
    ]
    problems: list[str] = []

    def is_here(package: Package | None) -> bool:
        return package is not None and (archives / package.archive).exists()

    def fetch(entry: tuple[str, str, str]) -> None:
        registry, name, language = entry
        package = known.get((registry, name))
        if name in excluded:
            problems.append(f"{registry} {name}: an evaluation project")
        elif not is_here(package):
            try:
                known[registry, name] = _fetch_one(registry, name, language, package, archives)
            except (FetchError, OSError) as error:
                problems.append(f"{registry} {name}: {error}")

    if any(registry.startswith("debian") and not is_here(known.get((registry, name))) for registry, name, _ in wanted):
        prepare_apt(archives)
    with ThreadPoolExecutor(PARALLEL_FETCHES) as pool:
        list(pool.map(fetch, wanted))
    _write_manifest((known[key] for key in sorted(known)), manifest)
    return sorted(problems)


def _fetch_one(registry: str, name: str, language: str, package: Package | None, archives: Path) -> Package:
    folder = archives / f".fetch-{registry}-{name.replace('/', '-')}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        fetched = FETCHERS[registry](name, package.version if package else None, folder)
        if fetched.licence is None:
            raise FetchError(f"licence not on the permissive list: {fetched.stated_licence or 'none stated'!r}")
        digest = hashlib.sha256(fetched.archive.read_bytes()).hexdigest()
        if package and registry != "stdlib" and digest != package.sha256:
            raise FetchError(f"the archive's sha256 is {digest}, the manifest says {package.sha256}")
        size = fetched.archive.stat().st_size
        fetched.archive.replace(archives / fetched.archive.name)
        return Package(registry, name, fetched.version, fetched.licence, language, fetched.archive.name, digest, size)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_manifest(packages: Iterable[Package], path: Path) -> None:
    path.write_text(
        "".join(json.dumps(asdict(package), ensure_ascii=False) + "\n" for package in packages), encoding="utf-8"
    )
