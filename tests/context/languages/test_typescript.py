"""TypeScript where a case in `fixtures/` does not show it: cursors, repairing, shown code that parses, deep nesting."""

from __future__ import annotations

import pytest

from dovetail_context.languages.language import CursorView
from dovetail_context.languages.typescript.grammar import parse
from dovetail_context.languages.typescript.language import TYPESCRIPT
from dovetail_context.records.record import Symbol
from tests.context.conftest import FIXTURES
from tests.context.workspace_text import CURSOR, read_workspace

SHOP = """\
import { Repo } from "./repo";

export class Shop {
  #repo = new Repo();
  readonly names: string[] = [];

  async find(id: string, strict = false): Promise<Order> {
    const order = await this.#repo.find(id);
    const rows = this.names.map((name) => name.trim())
    return order
  }
}

export const after = (n: number) => n + 1;
"""


def view(text: str) -> CursorView:
    """Return what surrounds `$0`."""
    return TYPESCRIPT.cursor(text.replace(CURSOR, "", 1), text.index(CURSOR))


@pytest.mark.parametrize(
    ("text", "receiver", "typed"),
    [
        ("order.$0", "order", ""),
        ("order?.it$0", "order", "it"),
        ("order!.items[0].pr$0", "order.items[0]", "pr"),
        ("(await repo.find(1)).$0", "repo.find()~", ""),
        ("repo\n  .all()\n  .$0", "repo.all()", ""),
        ("(order as Order).$0", "<Order>", ""),
        ("make<Order>(1).$0", "make()", ""),
        ("new Map<string, Order>().$0", "Map()", ""),
        ("`a ${order.$0} b`", "order", ""),
        ('const x = "order.$0"', "", ""),
        ("x = 1.$0", "", ""),
        ("ord$0", "", "ord"),
    ],
)
def test_receiver(text: str, receiver: str, typed: str) -> None:
    seen = view(text)
    assert (seen.receiver, seen.typed) == (receiver, typed)


@pytest.mark.parametrize(
    ("text", "callees"),
    [
        ("open(path, $0)", ("open",)),
        ("new Store({ a: 1, $0", ("Store",)),
        ("outer(inner(1), other.call($0", ("other.call", "outer")),
        ("const row = <Row title={1} $0 />", ("Row",)),
        ("function open($0", ()),
        ("if ($0", ()),
    ],
)
def test_callees(text: str, callees: tuple[str, ...]) -> None:
    assert view(text).callees == callees


def test_inside_a_method() -> None:
    seen = view(SHOP.replace("return order", "return order.$0"))
    assert (seen.container, seen.function, seen.returns) == ("Shop", "find", "Promise[Order]")
    assert seen.bindings["order"] == "this.repo.find()~"
    assert seen.bindings["id"] == "<string>"
    assert seen.line == 10


def test_declared_type_of_the_variable() -> None:
    assert view("const settings: Map<string, Order> = $0").expected == "Map[string, Order]"
    assert view("class A {\n  private settings: Settings = $0\n}").expected == "Settings"
    assert view("settings = $0").expected == ""


@pytest.mark.parametrize(
    "typed", ["this.", "foo(", "const x = {", "await this.#repo.find(`", "if (", "names.map((x) => "]
)
def test_a_repair_keeps_what_is_around(typed: str) -> None:
    text = SHOP.replace("    return order\n", f"    {typed}\n    return order\n")
    repaired = TYPESCRIPT.repaired(text, text.index(f"    {typed}\n") + 4 + len(typed))
    assert repaired.count("\n") == text.count("\n")
    names = {symbol.qualified for symbol in TYPESCRIPT.extract("shop.ts", repaired).symbols}
    assert {"Shop", "Shop.repo", "Shop.find", "after"} <= names


def test_mending_anywhere_keeps_lines() -> None:
    for offset in range(len(SHOP) + 1):
        for text in (SHOP, SHOP[:offset]):
            assert TYPESCRIPT.repaired(text, offset).count("\n") == text.count("\n")


def test_what_is_shown_parses() -> None:
    """Every symbol of the fixtures, reduced, in brief and as an outline with its members."""
    shown = 0
    for file in sorted((FIXTURES / "typescript").rglob("*.txt")):
        for path, text in read_workspace(file.read_text(encoding="utf-8")).files.items():
            if path.endswith(".json"):
                continue
            record = TYPESCRIPT.extract(path, text)
            for symbol in record.members("").values():
                for each in symbol:
                    members = [one for same in record.members(each.qualified).values() for one in same]
                    texts = [TYPESCRIPT.reduced(each), TYPESCRIPT.brief(each)]
                    if each.kind == "class":
                        texts.append(TYPESCRIPT.outline(each, [TYPESCRIPT.reduced(one) for one in members]))
                        briefs = [TYPESCRIPT.brief(one) or TYPESCRIPT.reduced(one) for one in members]
                        texts.append(TYPESCRIPT.outline(each, briefs))
                    for code in texts:
                        assert not parse("x.ts", code).root.has_error, f"{path}: {code}"
                        shown += bool(code)
    assert shown > 100


@pytest.mark.parametrize(
    "text",
    [
        "type T = " + " | ".join(f'"{n}"' for n in range(3000)),
        "f(" * 3000,
        "{" * 3000,
        "namespace N {" * 500,
        "function f() { " + "if (a) { return b; } else " * 2000 + "{} }",
        "const x = " + "[" * 3000,
        "class A extends " + "M(" * 1000 + "B" + ")" * 1000 + " {}",
        "<a>" * 2000,
        "`${" * 2000,
        "const {" + "a: {" * 500,
    ],
    ids=["union", "calls", "blocks", "namespaces", "else-if", "arrays", "mixins", "elements", "templates", "patterns"],
)
def test_deep_nesting(text: str) -> None:
    for path in ("x.ts", "x.tsx"):
        TYPESCRIPT.extract(path, text)
    TYPESCRIPT.cursor(text, len(text))
    assert TYPESCRIPT.repaired(text, len(text)).count("\n") == 0


@pytest.mark.parametrize("head", ["exports.Till = function (id)", "export default function (id)", "function Till(id)"])
def test_what_belongs_to_a_constructor_function_itself_parses(head: str) -> None:
    header = Symbol("Till", "class", "", 1, 3, head)
    shown = TYPESCRIPT.outline(header, ["id = id;", "static count = 0;"])
    assert "Till.count = 0;" in shown
    assert not parse("till.js", shown).root.has_error, shown
