"""A record unpacked from its bytes answers like the one that was packed, whatever is asked first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dovetail_context.languages.registry import extract
from dovetail_context.records.packed import pack, unpack
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


def test_every_kind_of_symbol_fits_beside_the_flags_of_its_byte() -> None:
    assert len(KINDS) <= KIND_BITS + 1 == IS_EXPORTED
