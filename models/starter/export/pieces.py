"""`python -m models.starter pieces`: a file cut into pieces of at most 16 MB, and put together again, so that it can
travel.

Pieces are named NAME.000, NAME.001, ...; NAME.sha256 holds the hash of the whole, which joining checks.
"""

import hashlib
from pathlib import Path

PIECE_BYTES = 16_000_000


def cut(path: Path, folder: Path, piece_bytes: int = PIECE_BYTES) -> list[Path]:
    """Write the pieces of a file into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = hashlib.sha256()
    pieces: list[Path] = []
    with path.open("rb") as source:
        while part := source.read(piece_bytes):
            whole.update(part)
            pieces.append(folder / f"{path.name}.{len(pieces):03d}")
            pieces[-1].write_bytes(part)
    (folder / f"{path.name}.sha256").write_text(whole.hexdigest() + "\n", encoding="ascii")
    return pieces


def join(folder: Path, name: str, target: Path) -> Path:
    """Put the pieces of `name` together. Raises ValueError where one is missing or damaged."""
    wanted = (folder / f"{name}.sha256").read_text(encoding="ascii").strip()
    whole = hashlib.sha256()
    partial = target.with_suffix(target.suffix + ".partial")
    with partial.open("wb") as out:
        for piece in sorted(folder.glob(f"{name}.[0-9][0-9][0-9]")):
            part = piece.read_bytes()
            whole.update(part)
            out.write(part)
    if whole.hexdigest() != wanted:
        partial.unlink()
        raise ValueError(f"the pieces of {name} in {folder} do not give the file that was cut: fetch them again")
    partial.replace(target)
    return target
