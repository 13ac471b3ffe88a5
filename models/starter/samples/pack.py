"""`python -m models.starter samples`: WORK/corpus.jsonl to rows of fixed length in
WORK/<config>/{train-N,held-out}.bin.

A row is `length + 1` token ids (uint16); samples are drawn to fill it, and what little remains is EOS, which the loss
leaves out.
Projects are drawn by language share, then by size; those whose name hashes low are held out.
"""

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from models.starter.corpus.projects import Project, load_projects
from models.starter.samples.draw import ProjectSampler, Recipe
from models.starter.samples.layout import Specials
from models.starter.samples.rename import vocabulary_of
from models.starter.tokenizer import load_tokenizer

HELD_OUT_SHARE = 0.02  # of projects
SMALLEST_SAMPLE = 96  # tokens; a remainder below this is padded
SHARD_BYTES = 56_000_000  # at most 60 MB, so that shards can be moved to a GPU machine


@dataclass(frozen=True, slots=True)
class Plan:
    """What to draw."""

    rows: int
    held_out_rows: int
    length: int  # tokens a row, less one
    language_shares: Mapping[str, float]
    size_shares: Mapping[str, float]  # of samples of 1/8, 1/4, 1/2 of a row, 1 for what is left of it
    recipe: Recipe
    seed: int = 0


def held_out(project: str) -> bool:
    """Whether a project is kept for measuring."""
    return zlib.crc32(project.encode()) % 1000 < 1000 * HELD_OUT_SHARE


def write_samples(corpus: Path, tokenizer_path: Path, plan: Plan, folder: Path, processes: int = 2) -> dict[str, int]:
    """Write the shards and return how many rows are in each."""
    folder.mkdir(parents=True, exist_ok=True)
    shard_rows = max(1, min(SHARD_BYTES // (2 * (plan.length + 1)), -(-plan.rows // processes)))
    jobs = [("held-out", plan.held_out_rows, True, plan.seed - 1)]
    for number, first in enumerate(range(0, plan.rows, shard_rows)):
        jobs.append((f"train-{number}", min(shard_rows, plan.rows - first), False, plan.seed + number))
    arguments = [
        (corpus, tokenizer_path, plan, folder / f"{name}.bin", rows, held, seed) for name, rows, held, seed in jobs
    ]
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            list(pool.map(_write_shard, arguments))
    else:
        list(map(_write_shard, arguments))
    return {name: rows for name, rows, _, _ in jobs}


def read_rows(path: Path, length: int) -> np.ndarray:
    """A shard, memory-mapped: shape (rows, length + 1), uint16."""
    return np.memmap(path, np.uint16, "r").reshape(-1, length + 1)


def draw_rows(projects: Sequence[Project], tokenizer_path: Path, plan: Plan, seed: int) -> Iterator[list[int]]:
    """Rows without end."""
    rng = random.Random(seed)
    tokenizer = load_tokenizer(tokenizer_path)
    eos = Specials.of(tokenizer).eos
    by_language: dict[str, list[Project]] = {}
    for project in projects:
        if project.files and plan.language_shares.get(project.language, 0) > 0:
            by_language.setdefault(project.language, []).append(project)
    if not by_language:
        raise ValueError("no project in any of the wanted languages: run the clean step, or change the language shares")
    languages = sorted(by_language)
    # A huge project is read more often than a small one, but not in proportion: variety teaches more.
    weights = {
        language: [sum(len(file.text) for file in project.files) ** 0.6 for project in by_language[language]]
        for language in languages
    }
    vocabularies = {language: vocabulary_of(by_language[language], rng) for language in languages}
    samplers: dict[str, ProjectSampler] = {}
    while True:
        row: list[int] = []
        while (room := plan.length + 1 - len(row)) >= SMALLEST_SAMPLE:
            language = rng.choices(languages, [plan.language_shares[name] for name in languages])[0]
            project = rng.choices(by_language[language], weights[language])[0]
            if project.name not in samplers:
                samplers[project.name] = ProjectSampler(project, tokenizer, plan.recipe, vocabularies[language], rng)
            size = rng.choices(list(plan.size_shares), list(plan.size_shares.values()))[0]
            row += samplers[project.name].draw(
                max(SMALLEST_SAMPLE, min(room, int(room if size == "1" else plan.length * Fraction(size))))
            )
        yield row + [eos] * room


def _write_shard(arguments: tuple[Path, Path, Plan, Path, int, bool, int]) -> None:
    corpus, tokenizer_path, plan, path, rows, held, seed = arguments
    projects = [project for project in load_projects(corpus) if held_out(project.name) == held]
    drawn = draw_rows(projects, tokenizer_path, plan, seed)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as out:
        for _ in range(rows):
            out.write(np.asarray(next(drawn), np.uint16).tobytes())
    partial.replace(path)
