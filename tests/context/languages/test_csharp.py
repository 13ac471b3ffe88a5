"""C# where a case in `fixtures/` does not show it: cursors, repairing, shown code that parses."""

from __future__ import annotations

import pytest

from dovetail_context.languages.csharp.grammar import grammar
from dovetail_context.languages.csharp.language import CSHARP
from dovetail_context.languages.language import CursorView
from tests.context.workspace_text import CURSOR

SHOP = """\
using System;
namespace Shop;

/// <summary>Sells.</summary>
public class Shop<T> : Base, IDisposable where T : Item
{
    private readonly List<T> _items = new();
    public int Count { get; private set; }

    public override void Run()
    {
        foreach (var item in _items)
        {
            item.Sell();
        }
    }

    public enum Kind { Big = 1, Small }

    public static Money Total(IEnumerable<Item> all, params int[] counts) =>
        all.First().Price;

    Money Price { get { return null; } }
}
"""


def view(text: str) -> CursorView:
    """Return what surrounds `$0`."""
    return CSHARP.cursor(text.replace(CURSOR, "", 1), text.index(CURSOR))


def inside(statement: str) -> CursorView:
    """Return what surrounds `$0` in a statement of a method."""
    return view(f"class Shop\n{{\n  Order Find(string id)\n  {{\n    {statement}\n    int later = 1;\n  }}\n}}\n")


@pytest.mark.parametrize(
    ("statement", "receiver"),
    [
        ("order.$0", "order"),
        ("return this.order.It$0", "this.order"),
        ("order?.Items()!.First().Pr$0", "order.Items().First()"),
        ("orders[i + 1].$0;", "orders[]"),
        ("((Order)o).$0", "<Order>"),
        ("(o as Order).$0", "<Order>"),
        ("(await repo.FindAsync(1)).$0", "repo.FindAsync()~"),
        ("new Order<string>(1, F(2)).$0", "<Order[string]>"),
        ("repo\n      .All()  // every one\n      .$0", "repo.All()"),
        ("base.$0", "super()"),
        ('var x = $"order {order.$0}";', "order"),
        ('var x = "order.$0";', ""),
        ("var o = new Order { Id = 1, $0", "<Order>"),
        ("double x = 1.$0", ""),
        ("ord$0", ""),
    ],
)
def test_receiver(statement: str, receiver: str) -> None:
    assert inside(statement).receiver == receiver


@pytest.mark.parametrize(
    ("statement", "callees"),
    [
        ("Pay($0", ("Pay",)),
        ("a.Pay(1, new Money(2, $0))", ("Money", "a.Pay")),
        ("if (Ok($0", ("Ok",)),
        ("while ($0", ()),
        ("Pay(1); $0", ()),
    ],
)
def test_callees(statement: str, callees: tuple[str, ...]) -> None:
    found = inside(statement).callees
    assert found[: len(callees)] == callees
    assert bool(found) == bool(callees)


def test_surroundings() -> None:
    seen = view(SHOP.replace("all.First().Price", "all.$0"))
    assert (seen.container, seen.function, seen.returns, seen.line) == ("Shop", "Total", "Money", 21)
    assert seen.bindings == {"all": "<IEnumerable[Item]>", "counts": "<Array[int]>"}


def test_property_encloses() -> None:
    seen = view(SHOP.replace("return null;", "return $0"))
    assert (seen.container, seen.function, seen.returns) == ("Shop", "Price", "Money")


def test_expected_type() -> None:
    assert inside("List<Order> all = $0").expected == "List[Order]"
    assert inside("var all = $0").expected == ""


@pytest.mark.parametrize(
    "typed",
    ["Total(_items, ", "Money m = _items.First(", "_items.ForEach(x => { x.", "if (_items.", 'Log($"half {Count'],
)
def test_half_typed_statement_hides_nothing(typed: str) -> None:
    """What is defined around a statement being typed is still seen, on the same lines."""
    at = SHOP.index("            item.Sell();")
    text = SHOP[:at] + "            " + typed + "\n" + SHOP[at:]
    repaired = CSHARP.repaired(text, at + 12 + len(typed))
    assert repaired.count("\n") == text.count("\n")
    names = [symbol.qualified for symbol in CSHARP.extract("Shop.cs", repaired).symbols]
    assert names == [symbol.qualified for symbol in CSHARP.extract("Shop.cs", SHOP).symbols]


def test_what_is_shown_parses() -> None:
    record = CSHARP.extract("Shop.cs", SHOP)
    shop, kind = record.members("")["Shop"][0], record.members("Shop")["Kind"][0]
    constants = [CSHARP.reduced(each[0]) for each in record.members("Shop.Kind").values()]
    members = [CSHARP.reduced(each[0]) for name, each in record.members("Shop").items() if name != "Kind"]
    shown = CSHARP.outline(shop, [*members, CSHARP.outline(kind, constants)])
    assert not grammar().parse(shown).root.has_error
    assert "    int Count { get; private set; }\n" in shown
    assert CSHARP.brief(record.members("Shop")["Total"][0]) == "Total(...);"
