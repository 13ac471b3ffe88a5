"""Pulls from a hub on the loopback interface, and everything that can go wrong on the way."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from dovetail_models.catalog.pins import read_pin
from dovetail_models.download import part as part_module
from dovetail_models.download.part import journal_path, part_path
from dovetail_models.download.progress import PullError, PullProgress
from dovetail_models.errors import ModelError
from dovetail_models.files import resolve_model
from tests.models.download.conftest import CHUNK, ENTRY, Puller
from tests.models.download.gguf_files import gguf
from tests.models.download.loopback_hub import COMMIT, Fault, LoopbackHub


def refused(puller: Puller, expected: str, **options: object) -> str:
    """Pull, expect an error, and return its single line."""
    with pytest.raises(PullError, match=expected) as caught:
        puller(**options)
    line = str(caught.value)
    assert "\n" not in line and ":" in line
    assert not (puller.folder / "small.Q4_K_M.gguf").exists()
    with pytest.raises(ModelError):
        resolve_model("small.Q4_K_M", puller.folder)
    return line


def whole(puller: Puller, path: Path) -> None:
    """Check that the file exists and is the right one, and that nothing else is left."""
    assert path == puller.folder / "small.Q4_K_M.gguf"
    assert path.read_bytes() == puller.hub.content
    assert sorted(each.name for each in puller.folder.iterdir()) == ["pins", path.name]


def test_a_pull_brings_the_file_and_pins_it(puller: Puller) -> None:
    path = puller()
    whole(puller, path)
    assert puller.hub.bytes_sent == len(puller.hub.content)
    pin = read_pin(puller.folder, "small")
    assert pin is not None and pin.sha256 == hashlib.sha256(puller.hub.content).hexdigest()
    assert (pin.file, pin.commit, pin.repository) == (path.name, COMMIT, ENTRY.repository)
    stages = list(dict.fromkeys(progress.stage for progress in puller.seen))
    assert stages == ["asking", "downloading", "verifying", "done"]
    done = [progress.done for progress in puller.seen if progress.stage == "downloading"]
    assert done == sorted(done) and done[-1] == len(puller.hub.content)


def test_a_second_pull_asks_nothing(puller: Puller) -> None:
    puller()
    asked = len(puller.hub.metadata_requests)
    whole(puller, puller())
    assert len(puller.hub.metadata_requests) == asked


def test_a_file_whose_name_only_the_hub_knows(puller: Puller) -> None:
    entry = replace(ENTRY, file=None, file_pattern="*q4_k_m.gguf")
    puller.hub.files = ["README.md", "small.Q8_0.gguf", "small.Q4_K_M.gguf"]
    whole(puller, puller(entry))
    puller.hub.files.append("again.Q4_K_M.gguf")
    puller.folder.joinpath("small.Q4_K_M.gguf").unlink()
    refused(puller, "2 files of owner/small-GGUF match", entry=entry)


def test_a_line_cut_at_40_percent_goes_on_at_the_same_byte(puller: Puller) -> None:
    puller.hub.faults.extend([Fault()] * 8 + [Fault(cut_after=CHUNK // 3)])
    whole(puller, puller())
    assert puller.hub.bytes_sent == len(puller.hub.content)
    assert puller.waits == [1.0]
    assert puller.notes == ["the connection was cut: trying again in 1 s"]


def test_a_line_that_stays_cut_keeps_the_part_and_the_next_pull_goes_on(puller: Puller) -> None:
    puller.hub.faults.extend([Fault()] * 8 + [Fault(cut_after=0)] * 7)
    refused(puller, "again and again .* are kept.*pull again")
    assert puller.waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    assert part_path(puller.folder / "small.Q4_K_M.gguf").stat().st_size == 8 * CHUNK
    whole(puller, puller())
    assert puller.hub.bytes_sent == len(puller.hub.content)


def test_a_silent_server_counts_as_cut(puller: Puller) -> None:
    puller.hub.faults.append(Fault(cut_after=1000, silent_s=1.0))
    order = puller.order()
    whole(puller, puller(line=replace(order.line, silence_s=0.2)))
    assert "fell silent" in puller.notes[0]


def test_a_slow_server_is_waited_for(puller: Puller) -> None:
    puller.hub.content = gguf(40 * 1024)
    puller.hub.delay_s = 0.3  # a block each time, so never silent for a second
    order = puller.order()
    whole(puller, puller(line=replace(order.line, silence_s=1.0)))
    assert puller.notes == []


def test_ctrl_c_keeps_every_byte_that_came(puller: Puller) -> None:
    def interrupt(progress: PullProgress) -> None:
        if progress.done > 5 * CHUNK + 1000:
            raise KeyboardInterrupt

    puller.on_report = interrupt
    with pytest.raises(KeyboardInterrupt):
        puller()
    kept = part_path(puller.folder / "small.Q4_K_M.gguf").stat().st_size
    assert kept > 5 * CHUNK
    puller.on_report = lambda progress: None
    whole(puller, puller())
    assert puller.hub.sent[-1].start + puller.hub.sent[-1].count == len(puller.hub.content)
    assert puller.hub.bytes_sent <= len(puller.hub.content) + CHUNK


def test_what_is_behind_the_journal_is_fetched_again(puller: Puller) -> None:
    """As after a crash of the machine: the file is longer than what was made durable, or shorter."""
    puller.hub.faults.extend([Fault()] * 8 + [Fault(cut_after=0)] * 7)
    refused(puller, "are kept")
    part = part_path(puller.folder / "small.Q4_K_M.gguf")
    with part.open("ab") as file:
        file.write(b"never synced")
    whole(puller, puller())
    assert puller.hub.bytes_sent == len(puller.hub.content)


@pytest.mark.parametrize("damage", ["", "{", '{"durable": 5}', "[]", '{"sha256": 1, "size_bytes": 2}'])
def test_a_part_without_a_sound_journal_begins_again(puller: Puller, damage: str) -> None:
    puller.hub.faults.extend([Fault()] * 8 + [Fault(cut_after=0)] * 7)
    refused(puller, "are kept")
    journal_path(puller.folder / "small.Q4_K_M.gguf").write_text(damage)
    whole(puller, puller())
    assert puller.hub.bytes_sent == len(puller.hub.content) + 8 * CHUNK


def test_an_expired_address_is_asked_for_again(puller: Puller) -> None:
    puller.hub.expires_after = 7
    whole(puller, puller())
    assert puller.hub.bytes_sent == len(puller.hub.content)
    assert len(puller.hub.metadata_requests) == 3
    assert all("403" in note and "address again" in note for note in puller.notes)


def test_a_server_that_always_refuses_is_left(puller: Puller) -> None:
    puller.hub.faults.extend([Fault(403)] * 10)
    refused(puller, "403")
    assert len(puller.hub.data_requests) == 4


def test_a_server_without_ranges(puller: Puller) -> None:
    puller.hub.has_ranges = False
    puller.hub.faults.append(Fault(cut_after=9 * CHUNK))
    whole(puller, puller())
    assert [sent.start for sent in puller.hub.sent] == [0, 0]
    assert puller.hub.bytes_sent == len(puller.hub.content) + 9 * CHUNK


def test_another_etag_for_the_same_bytes_costs_nothing(puller: Puller) -> None:
    """CDNs have their own ETags; the SHA-256 from the hub decides."""
    puller.hub.faults.extend([Fault()] * 8 + [Fault(cut_after=0)] * 7)
    refused(puller, "are kept")
    puller.hub.etag = '"second"'
    whole(puller, puller())
    assert puller.hub.data_requests[-1].get("if-range") == '"second"'
    repeated = puller.hub.bytes_sent - len(puller.hub.content)
    assert repeated <= CHUNK  # what the server had sent of the whole file before it was left


def test_a_file_that_changes_between_two_pulls_begins_again(puller: Puller) -> None:
    puller.hub.faults.extend([Fault()] * 8 + [Fault(cut_after=0)] * 7)
    refused(puller, "are kept")
    puller.hub.content, puller.hub.etag = gguf(12 * CHUNK, seed=1), '"second"'
    whole(puller, puller())


def test_a_file_that_changes_during_a_pull(puller: Puller) -> None:
    def change(progress: PullProgress) -> None:
        if progress.done > 5 * CHUNK:
            puller.hub.content, puller.hub.etag = gguf(12 * CHUNK, seed=1), '"second"'

    puller.on_report = change
    refused(puller, "has changed on the hub meanwhile: pull again")
    puller.on_report = lambda progress: None
    whole(puller, puller())


def test_416_asks_the_hub_and_goes_on(puller: Puller) -> None:
    puller.hub.faults.extend([Fault(), Fault(416)])
    whole(puller, puller())
    assert puller.hub.bytes_sent == len(puller.hub.content)
    assert len(puller.hub.metadata_requests) == 2


def test_429_waits_as_long_as_it_is_asked_to(puller: Puller) -> None:
    puller.hub.faults.extend([Fault(429, {"Retry-After": "7"}), Fault(503)])
    puller.hub.metadata_faults.append(Fault(429, {"Retry-After": "3"}))
    whole(puller, puller())
    assert puller.waits == [3.0, 7.0, 2.0]


def test_429_for_an_hour_is_left_to_the_user(puller: Puller) -> None:
    puller.hub.faults.append(Fault(429, {"Retry-After": "3600"}))
    refused(puller, "429")
    assert puller.waits == []


@pytest.mark.parametrize(
    "fault, expected",
    [
        (Fault(401), "token"),
        (Fault(401, {"X-Error-Code": "RepoNotFound"}), "token"),
        (Fault(403), "may not read"),
        (Fault(403, {"X-Error-Code": "GatedRepo"}), "licence to be accepted"),
        (Fault(404), "renamed or removed"),
        (Fault(404, {"X-Error-Code": "EntryNotFound"}), "renamed or removed"),
        (Fault(404, {"X-Error-Code": "RepoNotFound"}), "renamed or removed"),
        (Fault(418), "answered 418"),
    ],
)
def test_the_hub_refuses_in_one_line(puller: Puller, fault: Fault, expected: str) -> None:
    puller.hub.metadata_faults.append(fault)
    refused(puller, expected)
    assert puller.waits == [] and puller.hub.bytes_sent == 0


def test_a_hub_that_is_not_there(puller: Puller, tmp_path: Path) -> None:
    from dovetail_models.download.hub import HuggingFaceHub

    refused(puller, "cannot be reached", hub=HuggingFaceHub("http://127.0.0.1:9"))
    assert len(puller.waits) == 6


def test_a_wrong_checksum_leaves_nothing(puller: Puller) -> None:
    puller.hub.sha256 = "0" * 64
    refused(puller, "does not have the SHA-256")
    assert list(puller.folder.iterdir()) == []
    puller.hub.sha256 = None
    whole(puller, puller())


def test_the_catalogue_states_another_hash(puller: Puller) -> None:
    refused(puller, "another SHA-256 than the catalogue states", entry=replace(ENTRY, sha256="1" * 64))
    assert puller.hub.bytes_sent == 0


def test_a_pinned_name_keeps_its_bytes_until_the_user_says_otherwise(puller: Puller) -> None:
    puller().unlink()
    puller.hub.content = gguf(1000, seed=1)
    refused(puller, "--accept-new")
    whole(puller, puller(accept_new=True))


def test_bytes_that_are_no_model_are_not_kept(puller: Puller) -> None:
    puller.hub.content = b"<!DOCTYPE html>" + bytes(5000)
    with pytest.raises(ModelError, match="is not a GGUF file"):
        puller()
    assert list(puller.folder.iterdir()) == []


def test_a_disk_with_too_little_space_is_asked_before(puller: Puller) -> None:
    refused(puller, "free some, and pull again", free_bytes=lambda folder: 1_000_000)
    assert puller.hub.bytes_sent == 0


def test_a_disk_that_is_full_in_the_middle(puller: Puller, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = part_module.sync_file

    def full(descriptor: int) -> None:
        if os.fstat(descriptor).st_size > 6 * CHUNK:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(part_module, "sync_file", full)
    refused(puller, "the disk is full .* are kept.*pull again to go on")
    assert json.loads(journal_path(puller.folder / "small.Q4_K_M.gguf").read_text())["durable"] == 6 * CHUNK
    monkeypatch.undo()
    whole(puller, puller())
    assert puller.hub.bytes_sent <= len(puller.hub.content) + CHUNK


def test_no_half_file_is_a_model(puller: Puller) -> None:
    puller.hub.faults.extend([Fault()] * 8 + [Fault(cut_after=0)] * 7)
    refused(puller, "are kept")
    with pytest.raises(ModelError, match="unfinished download"):
        resolve_model(str(part_path(puller.folder / "small.Q4_K_M.gguf")))


def test_the_token_goes_to_the_hub_and_to_nobody_else(puller: Puller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    whole(puller, puller())
    assert puller.hub.metadata_requests[0]["authorization"] == "Bearer hf_secret"
    assert all("authorization" not in request for request in puller.hub.data_requests)


def test_the_users_own_folder_cannot_be_written(hub: LoopbackHub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PullError, match="cannot be used"):
        Puller(hub, tmp_path / "file")()
