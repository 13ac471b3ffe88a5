"""A record unpacked from its bytes answers like the one that was packed, whatever is asked first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dovetail_context.index.table import RecordTable, Unpacker
from dovetail_context.languages.registry import extract
from dovetail_context.records.packed import DamagedError, names_at_top, pack, unpack
from dovetail_context.records.record import IS_EXPORTED, KIND_BITS, KINDS, MAX_SAME_NAME, FileRecord

SHOP = '''
from shop import Item
LIMIT = 3
class Till:
    """Counts."""
    size = 0
    def add(self, item: Item) -> None: ...
    class Drawer:
        def add(self): ...
    def close(self, when=None): ...
def close(): ...
if LIMIT:
    def close(now): ...
'''
MANY = "class A:\n" + "    def f(self): ...\n" * (MAX_SAME_NAME + 3)
TEXTS = ["", "x = 1\n", SHOP, MANY]
QUESTIONS: dict[str, Callable[[FileRecord], object]] = {
    "symbols": lambda record: record.symbols,
    "heads": lambda record: record.heads,
    "by place": lambda record: [record.symbol(place) for place in range(len(record.heads.names))],
    "members": lambda record: [
        (container, dict(record.members(container).items()))
        for container in ("", "Till", "Till.Drawer", "A", "missing")
    ],
    "a member": lambda record: (record.members("Till").get("add"), record.members("").get("nothing", ())),
    "imports": lambda record: record.imports,
}


@pytest.mark.parametrize("first", QUESTIONS)
@pytest.mark.parametrize("text", TEXTS)
def test_an_unpacked_record_answers_like_the_packed_one(text: str, first: str) -> None:
    record = extract("till.py", text)
    unpacked = unpack("till.py", pack(record))
    for question in (QUESTIONS[first], *QUESTIONS.values()):
        assert question(unpacked) == question(record)
    assert unpacked == record


def test_a_symbol_is_made_once() -> None:
    unpacked = unpack("till.py", pack(extract("till.py", SHOP)))
    for place, symbol in enumerate(unpacked.symbols):
        assert unpacked.symbol(place) is symbol
        assert any(symbol is each for each in unpacked.members(symbol.container)[symbol.name])


@pytest.mark.parametrize("text", [*TEXTS, "_a = 1\nb = 2\ndef _a(): ...\n"])
def test_the_names_at_the_top_are_those_of_the_record(text: str) -> None:
    record = extract("till.py", text)
    expected = [(name, symbols[-1].exported) for name, symbols in record.members("").items()]
    assert list(names_at_top(pack(record)).items()) == expected
    for kept in (record, pack(record)):
        assert list(RecordTable(changed={"till.py": kept}).names_at_top("till.py").items()) == expected


def test_a_file_that_is_not_there_has_no_names_at_the_top() -> None:
    assert RecordTable(changed={"gone.py": None}).names_at_top("gone.py") == {}
    assert RecordTable().names_at_top("never.py") == {}


@pytest.mark.parametrize("length", [0, 3, 12, 15])
def test_a_body_that_was_cut_off_is_damaged(length: int) -> None:
    packed = pack(extract("till.py", SHOP))
    cut = packed._replace(body=packed.body[:length])
    with pytest.raises(DamagedError):
        names_at_top(cut)
    with pytest.raises(DamagedError):
        unpack("till.py", cut)


def test_names_are_read_again_where_the_packed_ones_are_damaged() -> None:
    record = extract("till.py", SHOP)
    damaged = pack(record)._replace(body=b"")
    table = RecordTable(changed={"till.py": damaged}, unpacker=Unpacker(lambda path: record))
    assert set(table.names_at_top("till.py")) == {"LIMIT", "Till", "close"}


def test_every_kind_of_symbol_fits_beside_the_flags_of_its_byte() -> None:
    assert len(KINDS) <= KIND_BITS + 1 == IS_EXPORTED
