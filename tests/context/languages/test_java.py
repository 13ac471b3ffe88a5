"""Java where a case in `fixtures/` does not show it: cursors, repairing, shown code that parses."""

from __future__ import annotations

import pytest

from dovetail_context.languages.java.grammar import grammar
from dovetail_context.languages.java.language import JAVA
from dovetail_context.languages.language import CursorView
from tests.context.workspace_text import CURSOR

SHOP = """\
package shop;

import java.util.List;

/** Sells. */
public class Shop<T extends Item> extends Base implements Runnable {
    private final List<T> items = new ArrayList<>();

    @Override
    public void run() {
        for (T item : items) {
            item.sell();
        }
    }

    enum Kind { BIG(1), SMALL; int size() { return 0; } }

    static Money total(List<Item> all, int... counts) throws ShopError {
        return all.isEmpty() ? null : all.get(0).price();
    }
}
"""


def view(text: str) -> CursorView:
    """Return what surrounds `$0`."""
    return JAVA.cursor(text.replace(CURSOR, "", 1), text.index(CURSOR))


def inside(statement: str) -> CursorView:
    """Return what surrounds `$0` in a statement of a method."""
    return view(f"class Shop {{\n  Order find(String id) {{\n    {statement}\n    int later = 1;\n  }}\n}}\n")


@pytest.mark.parametrize(
    ("statement", "receiver", "typed"),
    [
        ("order.$0", "order", ""),
        ("return this.order.it$0", "this.order", "it"),
        ("order.items().get(0).pr$0", "order.items().get()", "pr"),
        ("orders[i + 1].$0;", "orders[]", ""),
        ("((Order) o).$0", "<Order>", ""),
        ("new Order<String>(1, f(2)).$0", "<Order[String]>", ""),
        ("repo\n      .all()  // every one\n      .$0", "repo.all()", ""),
        ("super.$0", "super()", ""),
        ("Shop.this.$0", "<Shop>", ""),
        ("list.forEach(Order::$0)", "list", ""),
        ('String x = "order.$0";', "", ""),
        ("double x = 1.$0", "", ""),
        ("ord$0", "", "ord"),
        ("return$0", "", ""),
    ],
)
def test_receiver(statement: str, receiver: str, typed: str) -> None:
    if statement.startswith("list."):
        receiver = "Order"
    seen = inside(statement)
    assert seen.receiver == receiver
    if "x =" not in statement:
        assert seen.typed == typed


@pytest.mark.parametrize(
    ("statement", "callees"),
    [
        ("pay($0", ("pay",)),
        ("a.pay(1, new Money(2, $0))", ("Money", "a.pay")),
        ("pay(x -> { log($0", ("log",)),
        ("if (ok($0", ("ok",)),
        ("while ($0", ()),
        ("pay(1); $0", ()),
        ("@Audited($0", ("Audited",)),
    ],
)
def test_callees(statement: str, callees: tuple[str, ...]) -> None:
    found = inside(statement).callees
    assert found[: len(callees)] == callees
    assert bool(found) == bool(callees)


def test_surroundings() -> None:
    seen = view(SHOP.replace("all.get(0).price()", "all.$0"))
    assert (seen.container, seen.function, seen.returns, seen.line) == ("Shop", "total", "Money", 19)
    assert seen.bindings == {"all": "<List[Item]>", "counts": "<Array[int]>"}
    assert any(mention.access == "all.isEmpty()" and mention.distance == 0 for mention in seen.mentions)


def test_a_closed_block_does_not_enclose() -> None:
    seen = view(SHOP.replace("    enum Kind", "    int size() { $0 }\n    enum Kind"))
    assert (seen.container, seen.function) == ("Shop", "size")
    assert view(SHOP.replace("    enum Kind", "    $0\n    enum Kind")).function == ""


def test_expected_type() -> None:
    assert inside("final List<Order> all = $0").expected == "List[Order]"
    assert inside("var all = $0").expected == ""


@pytest.mark.parametrize(
    "typed",
    [
        "total(items, ",
        "Money m = items.get(",
        "items.forEach(x -> { x.",
        "if (items.",
        "new Shop<Item>(",
        'log("half a string',
    ],
)
def test_half_typed_statement_hides_nothing(typed: str) -> None:
    """What is defined around a statement being typed is still seen, on the same lines."""
    at = SHOP.index("            item.sell();")
    text = SHOP[:at] + "            " + typed + "\n" + SHOP[at:]
    repaired = JAVA.repaired(text, at + 12 + len(typed))
    assert repaired.count("\n") == text.count("\n")
    names = [symbol.qualified for symbol in JAVA.extract("Shop.java", repaired).symbols]
    assert names == [symbol.qualified for symbol in JAVA.extract("Shop.java", SHOP).symbols]


def test_definitions_are_not_repaired_away() -> None:
    for text in ("import shop.Mo", "package sh", "class Shop extends Ba {\n}\n"):
        assert JAVA.repaired(text, text.find("Ba") + 2 if "Ba" in text else len(text)) == text


def test_what_is_shown_parses() -> None:
    record = JAVA.extract("Shop.java", SHOP)
    shop, kind = record.members("")["Shop"][0], record.members("Shop")["Kind"][0]
    constants = [JAVA.reduced(each[0]) for each in record.members("Shop.Kind").values()]
    members = [JAVA.reduced(each[0]) for name, each in record.members("Shop").items() if name != "Kind"]
    shown = JAVA.outline(shop, [*members, JAVA.outline(kind, constants)])
    assert not grammar().parse(shown).root.has_error
    assert "    static Money total(List<Item> all, int... counts) throws ShopError;\n" in shown
    assert "        SMALL;\n" in shown
    assert JAVA.brief(record.members("Shop")["total"][0]) == "total(...);"
    assert JAVA.brief(record.members("Shop")["run"][0]) == ""
