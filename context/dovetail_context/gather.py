"""The front door: what the model should see for a place in a file."""

from collections.abc import Callable, Iterable
from functools import cache

from dovetail_context.budget import Choice, Price, choose
from dovetail_context.bundle import ContextBundle, ContextPiece, LeftOut
from dovetail_context.index.record import Symbol
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.layout import by_path, dependency_order, outline, shown_in
from dovetail_context.query import Query
from dovetail_context.rank import Ranked, rank
from dovetail_context.retrieve.candidate import Retriever
from dovetail_context.retrieve.scope import Scope
from dovetail_context.retrieve.similar import Similar
from dovetail_context.retrieve.situation import Situation, read_situation
from dovetail_context.tokens import estimate_tokens

RETRIEVERS: tuple[Retriever, ...] = (Scope(), Similar())
# What the budget left out is told up to this many, best first: enough to see what a larger budget would bring.
MAX_LEFT_OUT = 50
INDENT_TOKENS = 1  # the indentation of a member inside its class


def gather(
    query: Query,
    snapshot: IndexSnapshot,
    budget: int,
    count: Callable[[str], int] = estimate_tokens,
    retrievers: Iterable[Retriever] = RETRIEVERS,
) -> ContextBundle:
    """The pieces of other files that help most at `query`, in prompt order, within `budget` tokens.

    `count` counts the tokens of a text. Pure: the same arguments give the same bundle. A file in no known language, or
    a budget of 0, gives an empty bundle.
    """
    situation = read_situation(query, snapshot)
    if situation is None or budget <= 0:
        return ContextBundle(max(budget, 0), 0, (), ())
    count = cache(count)  # headings and reduced symbols are counted many times
    ranked = rank(candidate for retriever in retrievers for candidate in retriever(situation))
    chosen, rest = choose(ranked, budget, lambda one: _price(one, situation, count))
    pieces = _pieces(chosen, situation, count)
    while pieces and _whole(pieces) > budget:  # the parts were priced one by one; the whole may differ by a few tokens
        worst = min(chosen, key=lambda one: (one.ranked.score, one.ranked.path, one.ranked.start_line))
        chosen.remove(worst)
        rest.append((worst.ranked, count(worst.ranked.text)))
        pieces = _pieces(chosen, situation, count)
    rest.sort(key=lambda item: (-item[0].score, item[0].path, item[0].start_line))
    left_out = tuple(LeftOut(one.path, one.start_line, one.reasons[0], tokens) for one, tokens in rest[:MAX_LEFT_OUT])
    return ContextBundle(budget, _whole(pieces), tuple(pieces), left_out)


def _price(one: Ranked, situation: Situation, count: Callable[[str], int]) -> Price:
    headings = [((one.path, ""), count(f"#{one.path}\n") + 1)]
    symbol = one.symbol
    if symbol is None:
        return Price(count(f"#{one.path}\n{one.text}\n") + 1, 0, ())
    indent, container = 0, shown_in(symbol, situation.language)
    while container:
        indent += INDENT_TOKENS
        outer, _, name = container.rpartition(".")
        header = _class_of(situation, one.path, outer, name)
        headings.append(((one.path, container), count(header.signature + ":\n") + 1 if header else 0))
        container = outer
    full = count(one.text + "\n") + indent * (one.text.count("\n") + 1)
    brief = count(one.brief + "\n") + indent if one.brief else 0
    return Price(
        full,
        brief if brief < full else 0,
        tuple(headings),
        (one.path, symbol.qualified) if symbol.kind == "class" else None,
    )


def _class_of(situation: Situation, path: str, outer: str, name: str) -> Symbol | None:
    members = situation.snapshot.files[path].members(outer).get(name, ())
    return next((each for each in members if each.kind == "class"), None)


def _pieces(chosen: list[Choice], situation: Situation, count: Callable[[str], int]) -> list[ContextPiece]:
    files = by_path(chosen)
    imports = {path: _imports(situation, path) for path in files}
    ordered = dependency_order(tuple(files), imports.__getitem__)
    return [piece for path in ordered for piece in _of_file(path, files[path], situation, count)]


def _of_file(path: str, chosen: list[Choice], situation: Situation, count: Callable[[str], int]) -> list[ContextPiece]:
    """The symbols of a file folded into one outline, its windows beside it, in file order."""
    symbols = [one.ranked for one in chosen if one.ranked.symbol is not None]
    found: list[ContextPiece] = []
    if symbols:
        texts = {
            one.ranked.symbol: one.ranked.text if one.in_full else one.ranked.brief
            for one in chosen
            if one.ranked.symbol
        }
        text = outline(situation.snapshot.files[path], texts)
        found.append(_piece(path, symbols, text, "outline" if len(symbols) > 1 else "signature", count))
    found.extend(
        _piece(path, [one.ranked], one.ranked.text, "lines", count) for one in chosen if one.ranked.symbol is None
    )
    found.sort(key=lambda piece: (piece.start_line, piece.end_line))
    return found


def _piece(path: str, parts: list[Ranked], text: str, kind: str, count: Callable[[str], int]) -> ContextPiece:
    best = sorted(parts, key=lambda one: (-one.score, one.start_line))
    reasons = dict.fromkeys(
        f"{one.symbol.name}: {one.reasons[0]}" if one.symbol else one.reasons[0] for one in best[:3]
    )
    return ContextPiece(
        path=path,
        start_line=min(one.start_line for one in parts),
        end_line=max(one.end_line for one in parts),
        kind=kind,
        reason="; ".join(reasons),
        score=round(best[0].score, 4),
        tokens=count(f"#{path}\n{text}\n"),
        text=text,
    )


def _imports(situation: Situation, path: str) -> list[str]:
    names, record = situation.inference.names, situation.snapshot.files[path]
    found: set[str] = set()
    resolver = situation.snapshot.resolver(record.language)
    for imported in record.imports:
        found.update(resolver.sources(imported.module, path))
        if imported.name and imported.name != "*":
            found.update(definition.path for definition in names.imported(imported, path))
    return sorted(found)


def _whole(pieces: list[ContextPiece]) -> int:
    return sum(piece.tokens for piece in pieces)
