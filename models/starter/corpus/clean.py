"""`python -m models.starter clean`: archives to WORK/corpus.jsonl, in the paper's order: rules, evaluation overlap,
near-duplicates, quality.

What was dropped, and by which rule, goes to WORK/corpus-report.json.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from models.starter.corpus.dedup import without_duplicates
from models.starter.corpus.fetch import Package, read_manifest
from models.starter.corpus.order import in_dependency_order
from models.starter.corpus.overlap import OverlapFilter
from models.starter.corpus.projects import Project, read_archive, save_projects
from models.starter.corpus.quality import defect
from models.starter.corpus.rules import broken_rule


def clean(work: Path, manifest: Path, references: Iterable[str], processes: int = 2) -> dict[str, object]:
    """Write WORK/corpus.jsonl and return the report that is also written beside it."""
    named = read_manifest(manifest)
    packages = [package for package in named if (work / "archives" / package.archive).exists()]
    report: dict[str, object] = {"packages": len(packages), "archive_bytes": sum(package.bytes for package in packages)}
    report["not_fetched"] = [package.name for package in named if package not in packages]
    projects, counts = clean_projects(
        (_read(package, work) for package in packages), OverlapFilter(references), processes
    )
    save_projects(projects, work / "corpus.jsonl")
    report |= counts | {"kept": _sizes(projects)}
    (work / "corpus-report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return report


def clean_projects(
    projects: Iterable[Project], overlap: OverlapFilter, processes: int = 1
) -> tuple[list[Project], dict[str, object]]:
    """(projects that remain, their files in dependency order; counts of what was dropped by rule)."""
    dropped: Counter[str] = Counter()
    overlapping: Counter[str] = Counter()
    remaining = []
    raw_bytes = 0
    for project in projects:
        files = []
        for file in project.files:
            raw_bytes += len(file.text.encode())
            if rule := broken_rule(file.text):
                dropped[f"rule: {rule}"] += 1
            elif overlap.overlaps(file.text):
                overlapping[project.name] += 1
            else:
                files.append(file)
        remaining.append(replace(project, files=tuple(files)))
    remaining, twins, copies = without_duplicates(remaining)
    finished = []
    for project, defects in _map(_screen_and_order, remaining, processes):
        dropped.update(f"quality: {name}" for name in defects)
        if project.files:
            finished.append(project)
    counts: dict[str, object] = {
        "raw_source_bytes": raw_bytes,
        "files_dropped": dict(dropped),
        "files_overlapping_evaluation": dict(overlapping),
        "files_overlapping_evaluation_total": sum(overlapping.values()),
        "evaluation_ngrams": len(overlap),
        "near_duplicate_projects": twins,
        "exact_copies_of_files": copies,
    }
    return sorted(finished, key=lambda project: project.name), counts


def _screen_and_order(project: Project) -> tuple[Project, list[str]]:
    defects = []
    files = []
    for file in project.files:
        if found := defect(file.text, file.language):
            defects.append(found)
        else:
            files.append(file)
    return replace(project, files=tuple(in_dependency_order(files))), defects


def _read(package: Package, work: Path) -> Project:
    return read_archive(package.name, package.language, work / "archives" / package.archive)


def _map(
    function: Callable[[Project], tuple[Project, list[str]]], items: list[Project], processes: int
) -> Iterator[tuple[Project, list[str]]]:
    if processes <= 1:
        yield from map(function, items)
    else:
        with ProcessPoolExecutor(processes) as pool:
            yield from pool.map(function, items, chunksize=1)


def _sizes(projects: list[Project]) -> dict[str, dict[str, int]]:
    sizes: dict[str, Counter[str]] = defaultdict(Counter)
    for project in projects:
        for file in project.files:
            sizes[file.language].update(files=1, characters=len(file.text))
    return {language: dict(counter) for language, counter in sorted(sizes.items())}
