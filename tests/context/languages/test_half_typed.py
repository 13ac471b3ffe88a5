"""Go, Rust and C++ in the middle of an unfinished statement: what is seen there, and that a repair saves the rest."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dovetail_context.languages.registry import language_named


@dataclass(frozen=True, slots=True)
class Case:
    """A text with `$0` for the cursor, what is seen there, and the definitions that must survive."""

    language: str
    text: str
    receiver: str = ""
    typed: str = ""
    callees: tuple[str, ...] = ()
    container: str = ""
    function: str = ""
    returns: str = ""
    symbols: tuple[str, ...] = ()


CASES = {
    "go-member": Case(
        "go",
        "package p\n\n"
        "func (p *Purse) Add(m Money) error {\n"
        "\tfor _, x := range p.all {\n"
        "\t\tx.owner().Na$0\n"
        "\t}\n"
        "}\n\n"
        "func Last() {}\n",
        receiver="x.owner()",
        typed="Na",
        container="Purse",
        function="Add",
        returns="error",
        symbols=("Add", "Last"),
    ),
    "go-arguments": Case(
        "go",
        "package p\n\n"
        "func Pay() (Money, error) {\n"
        "\treturn open(Options{\n"
        "\t\tName: join(a.b, $0\n"
        "}\n\n"
        "type Last struct{}\n",
        callees=("join", "Options", "open"),
        function="Pay",
        returns="Money | error",
        symbols=("Pay", "Last"),
    ),
    "rust-member": Case(
        "rust",
        "impl Purse {\n"
        "    fn add(&mut self) -> Result<Money, Error> {\n"
        "        let x = self.all.iter().\n"
        "            ma$0\n"
        "    }\n"
        "}\n\n"
        "struct Last;\n",
        receiver="self.all.iter()",
        typed="ma",
        container="Purse",
        function="add",
        returns="Money | Error",
        symbols=("add", "Last"),
    ),
    "rust-arguments": Case(
        "rust",
        'fn pay() {\n    let m = Money::open(Options { name: join("(", $0\n}\n\nfn last() {}\n',
        callees=("join", "Options", "Money.open"),
        function="pay",
        symbols=("pay", "last"),
    ),
    "cpp-member": Case(
        "cpp",
        "namespace shop {\n"
        "int Purse::Count(int n) const {\n"
        "  if (n) {\n"
        "    return all_[n]->owner().na$0\n"
        "  }\n"
        "}\n"
        "int last() { return 1; }\n"
        "}\n",
        receiver="all_[].owner()",
        typed="na",
        container="Purse",
        function="Count",
        returns="int",
        symbols=("Count", "last"),
    ),
    "cpp-arguments": Case(
        "cpp",
        'class Purse {\n  void Add() {\n    Open(options, Join("a(", $0\n  }\n  int last;\n};\n',
        callees=("Join", "Open"),
        container="Purse",
        function="Add",
        returns="void",
        symbols=("Purse", "Add", "last"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_around_the_cursor(case: Case) -> None:
    offset = case.text.index("$0")
    view = language_named(case.language).cursor(case.text.replace("$0", ""), offset)
    seen = (view.receiver, view.typed, view.callees, view.container, view.function)
    assert seen == (case.receiver, case.typed, case.callees, case.container, case.function)
    assert view.returns == case.returns


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_repair_saves_what_is_around(case: Case) -> None:
    language, offset = language_named(case.language), case.text.index("$0")
    text = case.text.replace("$0", "")
    repaired = language.repaired(text, offset)
    assert repaired.count("\n") == text.count("\n")
    record = language.extract(f"repaired{language.suffixes[0]}", repaired)
    assert {symbol.name for symbol in record.symbols} >= set(case.symbols)
    places = {symbol.name: symbol.start_line for symbol in record.symbols}
    last = case.symbols[-1]
    assert places[last] == next(line for line, row in enumerate(text.split("\n"), start=1) if last in row)
