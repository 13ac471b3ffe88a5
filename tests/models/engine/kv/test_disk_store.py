"""States on disk: which are found again, which are rejected, and which are evicted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dovetail_models.engine.kv.disk_store import DiskStateStore, forget
from dovetail_models.engine.kv.memory_store import KvState

MOST = 1000
FILES = frozenset({"/project/a.py", "/project/b.py"})


def kv_state(count: int = 100, first: int = 0, size: int = 1000, files: frozenset[str] = FILES) -> KvState:
    return KvState((first, *range(1, count)), bytearray(os.urandom(size)), files)


def on_disk(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != "stamp")


@pytest.fixture
def disk_store(tmp_path: Path) -> DiskStateStore:
    return DiskStateStore(tmp_path / "kv" / "model", 10_000, "1.0")


def again(folder: Path, maker: str = "1.0", capacity: int = 10_000) -> DiskStateStore:
    """Return the store as the next process opens it."""
    return DiskStateStore(folder / "kv" / "model", capacity, maker)


def test_the_next_process_finds_the_state_that_holds_most_of_a_prompt(
    disk_store: DiskStateStore, tmp_path: Path
) -> None:
    short, long = kv_state(50), kv_state(100)
    disk_store.put("short", short, "")
    disk_store.put("long", long, "")
    found, common = again(tmp_path).best([*range(80), 7, 7], MOST)
    assert found is not None and common == 80
    assert again(tmp_path).read(found) == long
    assert again(tmp_path).best([5, 5], MOST) == (None, 0)


def test_a_place_has_one_state_and_the_newest(disk_store: DiskStateStore, tmp_path: Path) -> None:
    newer = kv_state(60)
    disk_store.put(("a", ""), kv_state(50), "")
    disk_store.put(("a", ""), newer, "")
    assert len(on_disk(tmp_path)) == 1
    found, _ = again(tmp_path).best(newer.tokens, MOST)
    assert found is not None and again(tmp_path).read(found) == newer


@pytest.mark.parametrize("harm", [lambda data: data[:-1], lambda data: data[:-1] + b"\0\0", lambda data: data[:20]])
def test_a_damaged_state_counts_as_not_there_and_is_removed(
    disk_store: DiskStateStore, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    state = KvState(tuple(range(100)), bytearray(b"x" * 1000), FILES)
    disk_store.put("a", state, "")
    found, _ = disk_store.best(state.tokens, MOST)
    assert found is not None
    found.path.write_bytes(harm(found.path.read_bytes()))
    assert disk_store.read(found) is None
    assert on_disk(tmp_path) == [] and disk_store.best(state.tokens, MOST) == (None, 0)


def test_a_state_that_is_gone_counts_as_not_there(disk_store: DiskStateStore) -> None:
    disk_store.put("a", kv_state(), "")
    found, _ = disk_store.best(range(100), MOST)
    assert found is not None
    found.path.unlink()
    assert disk_store.read(found) is None


def test_states_of_another_llama_cpp_and_what_is_no_state_are_removed(
    disk_store: DiskStateStore, tmp_path: Path
) -> None:
    disk_store.put("a", kv_state(), "")
    odd = {"b": b"\0\1", "c": b"[]\n", "d": b'{"format": 1}\n', "e": b'{"format": 1, "maker": "1.0", "tokens": [[]]}\n'}
    for name, content in odd.items():
        (tmp_path / "kv" / "model" / f"{name}.kv").write_bytes(content)
    assert again(tmp_path).best(range(100), MOST)[1] == 100
    assert len(on_disk(tmp_path)) == 1
    assert again(tmp_path, maker="2.0").best(range(100), MOST) == (None, 0)
    assert on_disk(tmp_path) == []


def test_what_was_used_longest_ago_makes_way_of_whichever_model(tmp_path: Path) -> None:
    shelves = [DiskStateStore(tmp_path / name, 9_000, "1.0") for name in ("one", "other")]
    for age, (disk_store, key) in enumerate(((shelves[0], "a"), (shelves[0], "b"), (shelves[1], "c"))):
        disk_store.put(key, kv_state(first=age, size=2_000), "")
        found, _ = disk_store.best((age,), MOST)
        assert found is not None
        os.utime(found.path, ns=(age * 10**9,) * 2)
    found, _ = shelves[0].best((0,), MOST)
    assert found is not None and shelves[0].read(found)  # so it is the newest now
    shelves[1].put("d", kv_state(first=3, size=2_000), "")
    left = {
        disk_store.best((first,), MOST)[1] for disk_store, first in ((shelves[0], 0), (shelves[1], 2), (shelves[1], 3))
    }
    assert left == {1} and len(on_disk(tmp_path)) == 3


def test_states_with_text_of_unwanted_files_are_forgotten(disk_store: DiskStateStore, tmp_path: Path) -> None:
    disk_store.put("both", kv_state(), "")
    disk_store.put("one", kv_state(first=1, files=frozenset({"/project/a.py"})), "")
    assert forget(tmp_path / "kv", lambda file: file.endswith("b.py")) == 1
    assert again(tmp_path).best((1,), MOST)[1] == 1 and again(tmp_path).best((0,), MOST)[1] == 0
    (tmp_path / "kv" / "model" / "odd.kv").write_bytes(b"?")
    assert forget(tmp_path / "kv", lambda _file: False) == 1
    assert forget(tmp_path / "nowhere", lambda _file: True) == 0


def test_what_was_decided_before_something_was_forgotten_is_not_put_there(
    disk_store: DiskStateStore, tmp_path: Path
) -> None:
    before = disk_store.stamp
    forget(tmp_path / "kv", lambda _file: False)
    assert not disk_store.put("a", kv_state(), before)
    assert on_disk(tmp_path) == [] and disk_store.best(range(100), MOST) == (None, 0)
    before = disk_store.stamp
    forget(tmp_path / "kv", lambda _file: False, now_unwanted=False)
    assert disk_store.put("a", kv_state(), before)


def test_what_a_killed_process_was_writing_is_removed(disk_store: DiskStateStore, tmp_path: Path) -> None:
    old, new = (tmp_path / "kv" / "model" / name for name in ("a.1.new", "b.2.new"))
    for path in (old, new):
        path.write_bytes(b'{"tokens": [1]}\n')
    os.utime(old, (0, 0))
    forget(tmp_path / "kv", lambda _file: False, now_unwanted=False)
    assert on_disk(tmp_path) == ["b.2.new"]  # another process may be at it
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    again(tmp_path)
    assert on_disk(tmp_path) == ["b.2.new"]
    forget(tmp_path / "kv", lambda _file: False)
    assert on_disk(tmp_path) == []


def test_a_state_that_another_process_has_replaced_is_not_taken_for_the_one_before(
    disk_store: DiskStateStore, tmp_path: Path
) -> None:
    disk_store.put("a", kv_state(), "")
    found, _ = disk_store.best(range(100), MOST)
    again(tmp_path).put("a", kv_state(first=9), "")
    assert found is not None and disk_store.read(found) is None
    assert len(on_disk(tmp_path)) == 1 and disk_store.best(range(100), MOST) == (None, 0)


def test_states_that_cannot_be_removed_do_not_save_the_others(
    disk_store: DiskStateStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in range(3):
        disk_store.put(first, kv_state(first=first), "")
    remove, held = Path.unlink, min((tmp_path / "kv" / "model").iterdir())

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == held:
            raise PermissionError(13, "in use", str(path))
        remove(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(PermissionError):
        forget(tmp_path / "kv", lambda _file: True)
    assert on_disk(tmp_path) == [held.name]
    held.write_bytes(b"damaged")
    again(tmp_path)  # is not stopped by it


def test_a_full_disk_does_not_stop_forgetting(
    disk_store: DiskStateStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, *_arguments: object, **_options: object) -> int:
        raise OSError(28, "No space left on device")

    disk_store.put("a", kv_state(), "")
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space") as raised:
        forget(tmp_path / "kv", lambda _file: True)
    assert on_disk(tmp_path) == [] and raised.value.filename


def test_the_newest_stays_longest_though_it_is_written_first(tmp_path: Path) -> None:
    disk_store = DiskStateStore(tmp_path / "kv" / "model", 9_000, "1.0")
    for rank in range(3):
        disk_store.put(rank, kv_state(first=rank, size=2_000), "", rank)
    again(tmp_path, capacity=3_500)
    assert [stored.tokens[0] for stored in again(tmp_path)] == [0]


def test_what_cannot_be_written_leaves_nothing(
    disk_store: DiskStateStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_source: object, _target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        disk_store.put("a", kv_state(), "")
    assert on_disk(tmp_path) == [] and disk_store.best(range(100), MOST) == (None, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights; the folder is below the user's own")
def test_only_the_owner_may_read_a_state(disk_store: DiskStateStore, tmp_path: Path) -> None:
    disk_store.put("a", kv_state(), "")
    (file,) = (tmp_path / "kv" / "model").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "kv" / "model").stat().st_mode & 0o777 == 0o700
