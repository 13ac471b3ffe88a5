"""How the catalogue's models suit a machine: memory, expected speed, and which of them is recommended."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dovetail_models.catalog.entry import CatalogEntry
from dovetail_models.hardware.estimate import decode_ms
from dovetail_models.hardware.memory import fits
from dovetail_models.hardware.recommend import BITS_PER_WEIGHT, ModelRow

_QUANTIZATION = re.compile(r"q\d+_(?:k_[sml]|k|\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fit:
    """What is expected of a model on this machine.

    has_room: whether there is memory for it now.
    decode_ms: milliseconds that a written token takes on the CPU, by the memory's bandwidth.
    """

    has_room: bool
    decode_ms: float


def fit_of(file_bytes: int, bandwidth_bytes_s: float) -> Fit:
    """Judge a model by the size of its file and the bytes a second that this machine reads."""
    return Fit(fits(file_bytes), decode_ms(file_bytes, bandwidth_bytes_s))


def recommendable(entries: Iterable[CatalogEntry]) -> tuple[ModelRow, ...]:
    """Return those whose shape the catalogue states, each with its one quantization."""
    return tuple(
        ModelRow(entry.name, entry.parameters, entry.kv_elements, ((quantization, _bytes(entry, quantization)),))
        for entry in entries
        if entry.parameters is not None
        and entry.kv_elements is not None
        and (quantization := quantization_of(entry.file or "")) in BITS_PER_WEIGHT
    )


def quantization_of(file: str) -> str:
    """Return the quantization that a file's name states, such as "Q4_K_M"; "" where it states none."""
    found = _QUANTIZATION.search(file)
    return found[0].upper() if found else ""


def _bytes(entry: CatalogEntry, quantization: str) -> int:
    return entry.size_bytes or int((entry.parameters or 0) * BITS_PER_WEIGHT[quantization] / 8)
