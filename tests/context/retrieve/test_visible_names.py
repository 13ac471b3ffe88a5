"""The names that files see without naming them in an import, before anything is unpacked."""

from __future__ import annotations

from dovetail_context.index.table import RecordTable
from dovetail_context.languages.registry import extract
from dovetail_context.meaning.names import NameTable
from dovetail_context.records.packed import pack

FILES = RecordTable(changed={path: pack(extract(path, text)) for path, text in {
    "Till.java": "package shop;\npublic class Till {}\nclass Drawer {}\n",
    "Purse.java": "package shop;\npublic class Purse {}\n",
}.items()})  # fmt: skip
TILL = NameTable({"Till": ("Till.java", True), "Drawer": ("Till.java", False)}, FILES)


def test_a_table_makes_the_definition_of_a_name() -> None:
    assert dict(TILL.exported()) == {"Till": True, "Drawer": False}
    (definition,) = TILL["Drawer"]
    assert definition.path == "Till.java"
    assert definition.symbol is not None and definition.symbol.name == "Drawer"
    assert TILL["Drawer"] is TILL["Drawer"]
    assert TILL.get("Purse", ()) == ()


def test_of_two_tables_the_second_one_counts() -> None:
    both = TILL.and_then(NameTable({"Till": ("Purse.java", True), "Purse": ("Purse.java", True)}, FILES))
    assert list(both) == ["Till", "Drawer", "Purse"]
    assert both["Till"] == ()  # its file does not define it (any more), as where its packed form is damaged
    assert list(both.only(["Purse"])) == ["Purse"]
