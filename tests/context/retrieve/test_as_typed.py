"""The record of a text as it is being typed: repaired at the cursor, or as the index has it."""

from __future__ import annotations

import pytest

from dovetail_context.languages.registry import extract, language_for
from dovetail_context.query import Query
from dovetail_context.records.record import FileRecord
from dovetail_context.retrieve.as_typed import record_as_typed

# A header that never parses as a whole, as a macro stands where a type is expected.
HEADER = """\
WRAPPED(struct, class) Purse {
  int coins;
};

int spend(Purse *purse, int amount) {
  purse->coins -= amount;
  return purse->coins;
}

int earn(Purse *purse, int amount) {
  return spend(purse, -amount);
}
"""


def as_typed(path: str, marked: str) -> tuple[FileRecord, FileRecord]:
    """The record of a text whose cursor is marked with `|`, and that of the same text in the index."""
    text, language = marked.replace("|", ""), language_for(path)
    assert language is not None
    known = extract(path, text)
    return record_as_typed(language, Query(path, text, marked.index("|")), known), known


@pytest.mark.parametrize(
    "place",
    ["purse->coins -= |amount;", "return purse->|coins;", "int spend|(Purse *purse, int amount) {", "int earn(Purse|"],
)
def test_what_never_parses_is_not_read_again_for_a_statement_that_does(place: str) -> None:
    marked = HEADER.replace(place.replace("|", ""), place)
    record, known = as_typed("purse.h", marked)
    assert known.problems
    assert record is known


@pytest.mark.parametrize(
    ("path", "marked", "expected"),
    [
        ("shop.py", "class Till:\n    def open(self):\n        self.sum(|\n\n    def close(self): ...\n", "open close"),
        ("shop.ts", "class Till {\n  open() {\n    const sum = this.|\n  }\n  close() {}\n}\n", "open close"),
        ("shop.go", "package shop\n\nfunc open() {\n\tsum(|\n}\n\nfunc close() {}\n", "open close"),
        ("shop.c", "int open(void) {\n  sum(|\n}\n\nint close(void) { return 0; }\n", "open close"),
    ],
)
def test_a_statement_that_does_not_parse_is_repaired(path: str, marked: str, expected: str) -> None:
    record, known = as_typed(path, marked)
    assert known.problems
    assert not record.problems
    assert [symbol.name for symbol in record.symbols if symbol.name in expected.split()] == expected.split()


def test_a_text_that_the_index_does_not_have_yet_is_read() -> None:
    language = language_for("purse.h")
    assert language is not None
    text = HEADER + "int lose(void) { return 0; }\n"
    record = record_as_typed(language, Query("purse.h", text, len(text)), extract("purse.h", HEADER))
    assert "lose" in {symbol.name for symbol in record.symbols}
