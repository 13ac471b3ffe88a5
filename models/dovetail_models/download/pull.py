"""Pulls a model of the catalogue into the folder of models. Each step is in this folder's README."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dovetail_models.catalog.entry import CatalogEntry
from dovetail_models.catalog.installed import file_of
from dovetail_models.catalog.pins import Pin, pin_path, pin_text, read_pin
from dovetail_models.download.durable import replace_file, write_file
from dovetail_models.download.hub import Hub, RemoteFile
from dovetail_models.download.journal import Journal, read_journal
from dovetail_models.download.part import Part, journal_path, part_path, remove_part
from dovetail_models.download.progress import PullError, PullProgress, Report, shown_bytes
from dovetail_models.download.ranges import RequestFailed
from dovetail_models.download.retry import Attempts
from dovetail_models.download.transfer import Line, disk_error, transfer
from dovetail_models.download.verify import file_sha256
from dovetail_models.errors import ModelError
from dovetail_models.file_lock import FileLock
from dovetail_models.hardware.header import check_structure

LOOK_AGAIN_S = 0.2
"""Between two looks at whether another process has finished the same pull."""
SPARE_BYTES = 64_000_000
"""Left free on the disk beside the file: for journals, and for others."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Pull:
    """One pull.

    entry: the catalogue entry to pull.
    folder: the folder of models.
    hub: the hub to pull from.
    report: receives the progress.
    line: how to use the network connection.
    accept_new: whether a file may replace the one that an earlier pull has pinned.
    free_bytes: how much a folder's disk can take.
    """

    entry: CatalogEntry
    folder: Path
    hub: Hub
    report: Report
    line: Line = Line()  # noqa: RUF009 - a frozen value
    accept_new: bool = False
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free


def run_pull(pull: Pull) -> Path:
    """Return the model's file, pulled now or already present. Raises PullError; the next pull then continues.

    KeyboardInterrupt passes through; the bytes fetched before it are kept.
    """
    try:
        pull.folder.mkdir(parents=True, exist_ok=True)
        lock = _locked(pull)
    except OSError as error:
        raise PullError(f"{pull.folder} cannot be used ({error.strerror}): make it writable, and pull again") from error
    try:
        name = file_of(pull.entry, pull.folder)
        is_there = name is not None and (pull.folder / name).is_file()
        path = pull.folder / name if name is not None and is_there else _pulled(pull)
        journal_path(path).unlink(missing_ok=True)
    finally:
        lock.release()
    size = path.stat().st_size
    pull.report(PullProgress("done", size, size))
    return path


def lock_path(folder: Path, name: str) -> Path:
    """Return the path of the lock that a process holds while it changes the files of a catalogue model."""
    return folder / f"{name}.lock"


def _locked(pull: Pull) -> FileLock:
    """Wait until no other process pulls this model, and return the lock."""
    path = lock_path(pull.folder, pull.entry.name)
    lock, note = FileLock.take(path), "another process pulls it: waiting for its end"
    while lock is None:
        pull.report(PullProgress("waiting", note=note))
        note = ""
        pull.line.sleep(LOOK_AGAIN_S)
        lock = FileLock.take(path)
    return lock


def _pulled(pull: Pull) -> Path:
    remote = _described(pull)
    _check_pin(pull, remote)
    target = pull.folder / Path(remote.file).name
    try:
        journal = Journal(pull.entry.name, remote.sha256, remote.size_bytes, remote.commit, "", 0)
        with Part(target, journal) as part:
            _check_space(pull, remote.size_bytes - part.durable)
            pull.report(PullProgress("downloading", part.durable, remote.size_bytes))
            transfer(part, remote, lambda: _described(pull), pull.report, pull.line)
        _verify(pull, target, remote)
        _write_pin(pull, target, remote)  # first: a crash between the two leaves a part that is only verified again
        replace_file(part_path(target), target)
    except OSError as error:
        kept = read_journal(journal_path(target))
        raise disk_error(error, 0 if kept is None else kept.durable, remote.size_bytes) from error
    return target


def _described(pull: Pull) -> RemoteFile:
    pull.report(PullProgress("asking"))
    entry = pull.entry
    file, revision = entry.file, entry.revision
    if file is None:
        pattern = entry.file_pattern or ""
        file = _patiently(pull, lambda: pull.hub.find(entry.repository, pattern, revision))
    name = file
    return _patiently(pull, lambda: pull.hub.describe(entry.repository, name, revision))


def _patiently(pull: Pull, question: Callable[[], _T]) -> _T:
    """Ask the hub, again after failures that may pass."""
    attempts = Attempts()
    while True:
        try:
            return question()
        except RequestFailed as error:
            step, attempts = attempts.after(error.failure)
            if step.do == "give up":
                raise PullError(f"{error}, again and again: check the network, and pull again later") from error
            note = f"{error}: trying again in {step.wait_s:.0f} s"
            pull.report(PullProgress("asking", note=note))
            pull.line.sleep(step.wait_s)


def _check_pin(pull: Pull, remote: RemoteFile) -> None:
    """Raise PullError where the hub has other bytes than those pinned for the name."""
    entry, name = pull.entry, pull.entry.name
    if entry.sha256 is not None and entry.sha256 != remote.sha256:
        raise PullError(
            f"the hub's {remote.file} has another SHA-256 than the catalogue states: do not use it; update Dovetail, "
            "or download a file that you trust and `dovetail models import` it"
        )
    pin = read_pin(pull.folder, name)
    if pin is not None and pin.repository and pin.sha256 != remote.sha256 and not pull.accept_new:
        raise PullError(
            f"the hub's {remote.file} is not the one that was pulled before (its SHA-256 has changed): "
            f"`dovetail models pull {name} --accept-new` takes it"
        )


def _check_space(pull: Pull, needed: int) -> None:
    free = pull.free_bytes(pull.folder)
    if needed and free < needed + SPARE_BYTES:
        raise PullError(
            f"{pull.folder} has {shown_bytes(free)} free and {pull.entry.name} needs "
            f"{shown_bytes(needed + SPARE_BYTES)} more: free some, and pull again"
        )


def _verify(pull: Pull, target: Path, remote: RemoteFile) -> None:
    """Raise PullError unless the part holds the bytes that the hub states; a part that does not is removed."""
    part, size, reported = part_path(target), remote.size_bytes, 0.0

    def report(done: int) -> None:
        nonlocal reported
        if done == size or time.monotonic() - reported > 0.1:
            reported = time.monotonic()
            pull.report(PullProgress("verifying", done, size))

    if file_sha256(part, report) != remote.sha256:
        remove_part(target)
        raise PullError(
            f"what came for {remote.file} does not have the SHA-256 that the hub states, and was removed: "
            "pull again; if it happens again, use another network or mirror (HF_ENDPOINT)"
        )
    try:
        check_structure(part)
    except ModelError:
        remove_part(target)
        raise


def _write_pin(pull: Pull, target: Path, remote: RemoteFile) -> None:
    pin = Pin(target.name, remote.sha256, remote.size_bytes, pull.entry.repository, remote.commit)
    path = pin_path(pull.folder, pull.entry.name)
    path.parent.mkdir(exist_ok=True)
    write_file(path, pin_text(pin))
