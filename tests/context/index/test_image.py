"""An image says which words a file holds, and which files hold a word."""

from __future__ import annotations

import random

import numpy as np

from dovetail_context.index.storage.cache import image_in_memory
from dovetail_context.index.storage.image import Entry
from dovetail_context.index.words import WordLog, WordView, read_words
from dovetail_context.records.packed import PackedRecord
from dovetail_context.workspace.scan import Stamp

WORDS = 70_000  # more than 16 bits can number


def entry(path: str, ids: list[int]) -> Entry:
    record = PackedRecord("python", "", (), (), b"", b"")
    return Entry(path, Stamp(0, 0, 0), record, np.array(ids, dtype=np.uint32))


def test_the_words_of_an_image_are_those_of_its_files() -> None:
    rng = random.Random(3)
    words = ["\n", *(f"w{number:06}" for number in rng.sample(range(10**6), WORDS))]
    files = {f"f{number:02}.py": rng.choices(range(len(words)), k=2000) for number in range(20)}
    files |= {"a.py": list(range(len(words))), "b.py": [], "c.py": [7, 7, 0, 7, len(words) - 1], "g.py": [0]}
    image = image_in_memory([entry(path, files[path]) for path in sorted(files)], words)
    in_order = image.words()
    assert in_order == ["\n", *sorted(words[1:])]
    holders: dict[str, list[int]] = {word: [] for word in words}
    for number, path in enumerate(image.paths):
        assert [in_order[known] for known in image.word_ids(number)] == [words[known] for known in files[path]]
        for known in set(files[path]):
            holders[words[known]].append(number)
    for known, word in enumerate(in_order):
        assert image.numbers_with(known).tolist() == holders[word]


def test_words_that_no_file_holds_are_left_out() -> None:
    image = image_in_memory([entry("a.py", [3, 3])], ["\n", "gone", "left", "stays"])
    assert image.words() == ["\n", "stays"]
    assert image.numbers_with(0).tolist() == []
    assert image.numbers_with(1).tolist() == [0]


def test_an_image_may_hold_no_file() -> None:
    assert image_in_memory([], ["\n"]).words() == ["\n"]


def test_a_log_keeps_the_numbers_of_its_base() -> None:
    """A word that is looked up gets no number: only files give words theirs."""
    log = WordLog(image_in_memory([entry("a.py", [1, 0])], ["\n", "two"]))
    view = WordView(log).updated([("b.py", read_words("one two\n"))], ())
    later = view.updated([("c.py", read_words("two three\n"))], ())
    assert list(map(log.id_of, ("\n", "two", "one", "three"))) == [0, 1, 2, 3]
    assert log.id_of("unknown") is None and later.frequency("unknown") == 0
    assert later.vocabulary_size == 4 and log.words() == ["\n", "two", "one", "three"]
    assert log.vocabulary == {"one": 2, "three": 3}
    assert later.files_with("two") == ["a.py", "b.py", "c.py"] and view.files_with("two") == ["a.py", "b.py"]
    assert [later.word_of(known) for known in later.files["c.py"].ids.tolist()] == ["two", "three", "\n"]
