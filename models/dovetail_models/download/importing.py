"""Takes a model file of the user's own into the folder of models: checked first, then linked or copied."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from dovetail_models.catalog.installed import MODEL_SUFFIX, PART_SUFFIX, find_installed
from dovetail_models.catalog.pins import Pin, pin_path, pin_text
from dovetail_models.catalog.read import catalog
from dovetail_models.download.durable import replace_file, sync_file, write_file
from dovetail_models.download.progress import PullError, shown_bytes
from dovetail_models.download.transfer import DISK_FULL
from dovetail_models.download.verify import file_sha256
from dovetail_models.errors import ModelError
from dovetail_models.files import check_file
from dovetail_models.hardware.header import check_structure

CHECK_MODULE = "dovetail_models.engine.runtime.check_vocabulary"
"""Run as a program: llama.cpp may end the process that reads a damaged file."""

COPY_BYTES = 1 << 20

CHECK_TIMEOUT_S = 300.0
"""A vocabulary is read in a second; a network drive on a busy machine takes longer."""


def import_model(source: Path, folder: Path, report: Callable[[int], None] | None = None) -> tuple[str, Path]:
    """Take a GGUF file over; return its name and its new path. Raises ModelError, and nothing is there then.

    `report` gets the bytes that were hashed so far.
    """
    source = source.expanduser().absolute()
    if source.suffix.lower() != MODEL_SUFFIX:
        raise PullError(f"{source} does not end in {MODEL_SUFFIX}: name a GGUF file, or rename it if it is one")
    check_file(source)
    check_structure(source)
    check_fill_in_the_middle(source)
    target = folder / source.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sha256 = file_sha256(source, report)
        _check_name(source, target, folder)
        _check_listed(source, sha256)
        if not _is_same(source, target):
            _take_over(source, target)
        size = target.stat().st_size
        listed = find_installed(source.stem, folder)
        name = source.stem if listed is None else listed.name
        pins = pin_path(folder, name)
        pins.parent.mkdir(exist_ok=True)
        write_file(pins, pin_text(Pin(target.name, sha256, size)))
    except OSError as error:
        if error.errno in DISK_FULL:
            need = shown_bytes(source.stat().st_size)
            raise PullError(f"the disk of {folder} is full: free {need}, and import again") from error
        raise PullError(f"{source} cannot be imported ({error.strerror}): check both folders' permissions") from error
    return name, target


def check_fill_in_the_middle(path: Path) -> None:
    """Raise ModelError if a model cannot complete code in place. llama.cpp checks it in a separate process."""
    command = [sys.executable, "-E", "-P", "-m", CHECK_MODULE, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=CHECK_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{path} could not be checked in {CHECK_TIMEOUT_S:.0f} s: copy it to a local disk") from error
    if done.returncode:
        errors = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ModelError(errors[-1] if errors and done.returncode == 1 else f"llama.cpp cannot read {path}: replace it")


def _check_name(source: Path, target: Path, folder: Path) -> None:
    if target.exists() and not _is_same(source, target) and file_sha256(source) != file_sha256(target):
        raise PullError(
            f"another {target.name} is in {folder}: rename the file, or `dovetail models remove {target.stem}` first"
        )


def _check_listed(source: Path, sha256: str) -> None:
    """Refuse bytes that pretend to be a file of the catalogue."""
    entry = next((entry for entry in catalog() if entry.file == source.name), None)
    if entry is not None and entry.sha256 not in (None, sha256):
        raise PullError(
            f"{source.name} is the name of {entry.name} in the catalogue, and its SHA-256 is another one: "
            "rename the file if you trust it, or pull the model"
        )


def _take_over(source: Path, target: Path) -> None:
    """Hard-link where the disk is the same, copy elsewhere. Raises OSError; half a copy never has the target's name."""
    if target.exists():
        return  # with the same bytes
    try:
        os.link(source.resolve(), target)
        return
    except FileExistsError:
        raise
    except OSError:
        pass  # another disk, or a file system without links
    descriptor, name = tempfile.mkstemp(prefix="import-", suffix=PART_SUFFIX, dir=target.parent)
    draft = Path(name)
    try:
        with source.open("rb") as reading, os.fdopen(descriptor, "wb") as writing:
            shutil.copyfileobj(reading, writing, COPY_BYTES)
            writing.flush()
            sync_file(writing.fileno())
        replace_file(draft, target)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _is_same(source: Path, target: Path) -> bool:
    try:
        return source.samefile(target)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise
        return False
