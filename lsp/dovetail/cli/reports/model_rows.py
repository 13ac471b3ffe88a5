"""What `dovetail models list` shows: the catalogue, what is installed, and the model that is in use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dovetail_models.api import (
    STARTER,
    CatalogEntry,
    InstalledModel,
    Machine,
    ModelError,
    PullJournal as Journal,
    catalog,
    fit_of,
    installed_models,
    recommend,
    recommendable,
    resolve_model,
    shown_bytes,
    unfinished_pulls,
)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model, in the form of `models list --json`.

    name: what the option `model` takes.
    installed, in_use: whether its file is there, and whether the settings name it.
    unfinished_percent: how much of it a pull that was cut off has left; None where there is none.
    path: its file; None if it is not installed.
    bytes: of the file, or as the hub shows it; None where neither is known.
    fits: whether there is memory for it now; None where its size is not known.
    decode_ms: milliseconds to expect for each written token on the CPU; None likewise.
    recommended: whether it suits this machine best.
    licence, licence_limit, context_tokens, family, repository: as the catalogue has them; None for other files.
    verified: whether the catalogue itself states the SHA-256.
    """

    name: str
    installed: bool
    in_use: bool
    unfinished_percent: int | None
    path: str | None
    bytes: int | None
    fits: bool | None
    decode_ms: float | None
    recommended: bool
    licence: str | None
    licence_limit: str | None
    context_tokens: int | None
    family: str | None
    repository: str | None
    verified: bool


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What models are judged by: this machine, the bytes that it reads in a second, and its multiplications."""

    machine: Machine
    bytes_s: float
    multiplications_s: float

    @property
    def recommended(self) -> str:
        """The name of the catalogue's best model for this machine, the starter's if memory holds none of them."""
        found = recommend(recommendable(catalog()), self.machine, self.bytes_s, self.multiplications_s)
        return STARTER if found is None else found.row.name


def model_rows(folder: Path, wanted: str, yardstick: Yardstick) -> list[ModelRow]:
    """Return the starter, what is installed, and the rest of the catalogue; `wanted` is what the settings name."""
    recommended = yardstick.recommended
    installed = {model.name: model for model in installed_models(folder)}
    rows = []
    try:
        used: Path | None = resolve_model(wanted, folder).path.resolve()
    except (ModelError, OSError):
        used = None
    for name, path in _files(installed, used):
        entry = installed[name].entry if name in installed else None
        rows.append(_row(name, path, path.resolve() == used, entry, yardstick, name == recommended))
    unfinished = unfinished_pulls(folder)
    for entry in catalog():
        if entry.name not in installed:
            _, journal = unfinished.get(entry.name, (None, None))
            rows.append(_row(entry.name, None, False, entry, yardstick, entry.name == recommended, journal))
    return rows


def model_lines(rows: list[ModelRow], folder: Path) -> list[str]:
    """Return the rows as a table for people, with a legend."""
    header = ("", "name", "size", "installed", "memory", "a token", "context", "licence")
    cells = [header, *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    limits = [row for row in rows if row.licence_limit]
    if limits:
        lines += ["", "+ the licence limits what the model may be used for; `pull` shows how"]
    lines += ["> suits this machine best; a token: what to expect of its CPU for each token that is written"]
    return [*lines, "* in use now; models are kept in " + str(folder)]


def _files(installed: dict[str, InstalledModel], used: Path | None) -> Iterator[tuple[str, Path]]:
    try:
        starter = resolve_model(STARTER).path
        yield STARTER, starter
    except ModelError:
        starter = None
    yield from ((model.name, model.path) for model in installed.values())
    if used is not None and used not in (starter, *(model.path.resolve() for model in installed.values())):
        yield str(used), used


def _row(
    name: str,
    path: Path | None,
    in_use: bool,
    entry: CatalogEntry | None,
    yardstick: Yardstick,
    recommended: bool,
    unfinished: Journal | None = None,
) -> ModelRow:
    size = None if entry is None else entry.size_bytes
    if path is not None:
        size = path.stat().st_size
    elif unfinished is not None:
        size = unfinished.size_bytes
    fit = None if size is None else fit_of(size, yardstick.bytes_s)
    return ModelRow(
        name=name,
        installed=path is not None,
        in_use=in_use,
        unfinished_percent=None if unfinished is None else 100 * unfinished.durable // max(unfinished.size_bytes, 1),
        path=None if path is None else str(path),
        bytes=size,
        fits=None if fit is None else fit.has_room,
        decode_ms=None if fit is None else round(fit.decode_ms, 1),
        recommended=recommended,
        licence=None if entry is None else entry.licence,
        licence_limit=None if entry is None else entry.licence_limit,
        context_tokens=None if entry is None else entry.context_tokens,
        family=None if entry is None else entry.family,
        repository=None if entry is None else entry.repository,
        verified=entry is not None and entry.is_verified,
    )


def _cells(row: ModelRow) -> tuple[str, ...]:
    memory = "?" if row.fits is None else "fits" if row.fits else "too little"
    return (
        ("*" if row.in_use else " ") + (">" if row.recommended else " "),
        row.name,
        "?" if row.bytes is None else shown_bytes(row.bytes),
        _installed(row),
        memory,
        "?" if row.decode_ms is None else f"{row.decode_ms:.0f} ms",
        "" if row.context_tokens is None else f"{row.context_tokens:,}",
        f"{row.licence or ''}{' +' if row.licence_limit else ''}",
    )


def _installed(row: ModelRow) -> str:
    if row.unfinished_percent is not None:
        return f"{row.unfinished_percent} %"
    return "yes" if row.installed else "-"
