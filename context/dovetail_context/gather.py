"""The front door: what the model should see for a place in a file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache

from dovetail_context.assembly.budget import Choice, Heading, Price, choose
from dovetail_context.assembly.layout import by_path, dependency_order, outline, shown_in
from dovetail_context.assembly.rank import Ranked, rank
from dovetail_context.assembly.stable_order import settle
from dovetail_context.bundle import ContextBundle, ContextPiece, LeftOut
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.meaning.names import MAX_IMPORTS
from dovetail_context.query import Query, Retrieval
from dovetail_context.records.record import Symbol
from dovetail_context.retrieve.candidate import Candidate, Retriever
from dovetail_context.retrieve.pinned import always_shown
from dovetail_context.retrieve.recent import Recent
from dovetail_context.retrieve.scope import Scope
from dovetail_context.retrieve.siblings import Siblings
from dovetail_context.retrieve.similar import Similar
from dovetail_context.retrieve.situation import Situation, hand_back, read_situation
from dovetail_context.tokens import estimate_for, estimate_tokens
from dovetail_context.work import Exhausted, Work, at_most, counted, open_work

RETRIEVERS: tuple[Retriever, ...] = (Scope(), Similar(), Siblings(), Recent())
# The maximum number of reported candidates that exceed the budget, best first: they show what a larger one would add.
MAX_LEFT_OUT = 50
MAX_PRICED = 170  # candidates, best first, that the budget looks at; those after these are hardly ever taken
# Definitions and files that each retriever looks at; large projects take some 10,000.
MAX_STEPS = 200_000
INDENT_TOKENS = 1  # the indentation of a member inside its class
# The weight of pieces that were shown before, against new ones: after a change, everything behind it is read again.
STAYING = 2.0


def gather(
    query: Query,
    snapshot: IndexSnapshot,
    budget: int,
    count: Callable[[str], int] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ContextBundle:
    """Return the pieces of other files that help most at `query`, in prompt order, within `budget` tokens.

    `count` counts the tokens of a text; without it they are estimated. Pure: the same arguments give the same bundle. A
    file in no known language gets only the pinned pieces; a budget of 0 gives an empty bundle. Call `cancelled` often,
    on the caller's thread, and raise Cancelled once it returns true.
    """
    with open_work(cancelled) as work:
        return _gathered(query, snapshot, budget, count, work)


def _gathered(
    query: Query, snapshot: IndexSnapshot, budget: int, count: Callable[[str], int] | None, work: Work
) -> ContextBundle:
    situation = read_situation(query, snapshot) if budget > 0 else None
    if situation is None:
        count = count or estimate_tokens
        pieces, problems = always_shown(query, snapshot, max(budget, 0), count) if budget > 0 else ([], [])
        return ContextBundle(max(budget, 0), _whole(pieces), tuple(pieces), (), tuple(problems))
    bundle = assemble(situation, propose(situation, query.retrieval), budget, query.retrieval, count)
    if not work.exhausted:  # else there may be questions in it that were left half answered
        hand_back(situation.inference)
    return bundle


def propose(situation: Situation, retrieval: Retrieval) -> Iterator[Candidate]:
    """What the retrievers that `retrieval` enables find."""
    for retriever in RETRIEVERS:
        if retriever.name in retrieval.enabled:
            yield from _within_steps(retriever, situation)


def _within_steps(retriever: Retriever, situation: Situation) -> list[Candidate]:
    """What a retriever finds in the steps that it has."""
    found: list[Candidate] = []
    with suppress(Exhausted), at_most(MAX_STEPS):
        found.extend(retriever(situation))
    return found


def assemble(
    situation: Situation,
    candidates: Iterable[Candidate],
    budget: int,
    retrieval: Retrieval,
    count: Callable[[str], int] | None = None,
) -> ContextBundle:
    """The bundle of those of the candidates that help most."""
    count = cache(
        count or estimate_for(situation.record.language)
    )  # headings and reduced symbols are counted many times
    first, problems = always_shown(situation.query, situation.snapshot, budget, count)
    room = budget - _whole(first)
    ranked = [one for one in rank(candidates, retrieval) if not any(_within(one, piece) for piece in first)]
    shown = [piece for piece in situation.query.shown if piece.kind not in ("note", "pinned")]
    staying = frozenset((piece.path, part) for piece in shown for part in piece.parts)
    chosen, rest = choose(
        ranked[:MAX_PRICED],
        room,
        _Prices(situation, count).of,
        {name: int(share * room) for name, share in retrieval.shares.items()},
        _shows,
        lambda one: one.score * (STAYING if (one.path, _name(one)) in staying else 1.0),
    )
    of_files = {path: _of_file(path, parts, situation, count) for path, parts in by_path(chosen).items()}
    while chosen and sum(map(_whole, of_files.values())) > room:  # parts were priced one by one
        worst = min(chosen, key=lambda one: (one.ranked.score, one.ranked.path, one.ranked.start_line))
        chosen.remove(worst)
        rest.append((worst.ranked, count(worst.ranked.text)))
        path = worst.ranked.path
        left = by_path(one for one in chosen if one.ranked.path == path).get(path, [])
        of_files[path] = _of_file(path, left, situation, count)
    wanted = _in_order({path: pieces for path, pieces in of_files.items() if pieces}, situation)
    worth = {(one.path, _name(one)): one.score for one in ranked}
    pieces = (*first, *settle(_still_true(shown, wanted, situation), wanted, worth, room))
    rest.sort(key=lambda item: (-item[0].score, item[0].path, item[0].start_line))
    left_out = tuple(LeftOut(one.path, one.start_line, one.reasons[0], tokens) for one, tokens in rest[:MAX_LEFT_OUT])
    return ContextBundle(budget, _whole(pieces), pieces, left_out, tuple(problems))


def _within(one: Ranked, piece: ContextPiece) -> bool:
    return one.path == piece.path and piece.start_line <= one.start_line and one.end_line <= piece.end_line


def _shows(one: Ranked, other: Ranked) -> bool:
    """Whether the lines of a window hold the whole signature of a symbol."""
    if other.symbol is None or one.path != other.path or one.start_line > other.start_line:
        return False
    return other.start_line + other.symbol.signature.count("\n") <= one.end_line


def _name(one: Ranked) -> str:
    return one.symbol.qualified if one.symbol is not None else f"lines {one.start_line}-{one.end_line}"


def _still_true(shown: list[ContextPiece], wanted: list[ContextPiece], situation: Situation) -> list[ContextPiece]:
    """What was shown and would still read the same: of files that did not change, or that are shown as before."""
    files, path = situation.snapshot.files, situation.query.path
    same = {(piece.path, piece.text) for piece in wanted}
    gone = {
        piece.path
        for piece in shown
        if piece.path == path
        or piece.path not in files
        or (files[piece.path].digest != piece.digest and (piece.path, piece.text) not in same)
    }
    return [piece for piece in shown if piece.path not in gone]


class _Prices:
    """The prices of candidates. Many are under the same headings, which are counted once."""

    def __init__(self, situation: Situation, count: Callable[[str], int]) -> None:
        self._situation = situation
        self._count = count
        self._headings: dict[Heading, tuple[tuple[Heading, int], ...]] = {}

    def of(self, one: Ranked) -> Price:
        """The price of a candidate."""
        count, symbol = self._count, one.symbol
        if symbol is None:
            return Price(count(f"#{one.path}\n{one.text}\n") + 1, ())
        headings = self._above((one.path, shown_in(symbol, self._situation.language)))
        indent = INDENT_TOKENS * (len(headings) - 1)
        is_heading = (one.path, symbol.qualified) if symbol.kind == "class" else None

        def in_full() -> int:
            return count(one.text + "\n") + indent * (one.text.count("\n") + 1)

        if one.brief and len(one.brief) < len(one.text):
            return Price(count(one.brief + "\n") + indent, headings, in_full, is_heading)
        return Price(in_full(), headings, None, is_heading)

    def _above(self, heading: Heading) -> tuple[tuple[Heading, int], ...]:
        """A heading and those above it, the path line first, each with its tokens."""
        known = self._headings.get(heading)
        if known is None:
            path, container = heading
            if container:
                outer, _, name = container.rpartition(".")
                header = _class_of(self._situation, path, outer, name)
                tokens = self._count(header.signature + ":\n") + 1 if header else 0
                known = (*self._above((path, outer)), (heading, tokens))
            else:
                known = ((heading, self._count(f"#{path}\n") + 1),)
            self._headings[heading] = known
        return known


def _class_of(situation: Situation, path: str, outer: str, name: str) -> Symbol | None:
    members = situation.record_of(path).members(outer).get(name, ())
    return next((each for each in members if each.kind == "class"), None)


def _in_order(files: Mapping[str, list[ContextPiece]], situation: Situation) -> list[ContextPiece]:
    """The pieces of some files, those of files that others import first."""
    definers: dict[str, list[str]] = defaultdict(list)
    for path in files:
        for name in situation.record_of(path).members(""):
            definers[name].append(path)
    imports = {path: _imports(situation, path, files.keys(), definers) for path in files}
    return [piece for path in dependency_order(tuple(files), imports.__getitem__) for piece in files[path]]


def _of_file(path: str, chosen: list[Choice], situation: Situation, count: Callable[[str], int]) -> list[ContextPiece]:
    """The symbols of a file folded into one outline, its windows behind it, in file order."""
    symbols = [one for one in chosen if one.ranked.symbol is not None]
    digest = situation.record_of(path).digest
    found: list[ContextPiece] = []
    if symbols:
        texts = {
            one.ranked.symbol: one.ranked.text if one.in_full else one.ranked.brief
            for one in symbols
            if one.ranked.symbol
        }
        text = outline(situation.record_of(path), texts)
        found.append(_piece(path, symbols, text, "outline" if len(symbols) > 1 else "signature", count, digest))
    found.extend(
        _piece(path, [one], one.ranked.text, "lines", count, digest) for one in chosen if one.ranked.symbol is None
    )
    return found


def _piece(
    path: str, parts: list[Choice], text: str, kind: str, count: Callable[[str], int], digest: str
) -> ContextPiece:
    best = sorted((one.ranked for one in parts), key=lambda one: (-one.score, one.start_line))
    reasons = dict.fromkeys(
        f"{one.symbol.name}: {one.reasons[0]}" if one.symbol else one.reasons[0] for one in best[:3]
    )
    return ContextPiece(
        path=path,
        start_line=min(one.start_line for one in best),
        end_line=max(one.end_line for one in best),
        kind=kind,
        reason="; ".join(reasons),
        score=round(best[0].score, 4),
        tokens=count(f"#{path}\n{text}\n"),
        text=text,
        parts=frozenset(_name(one.ranked) + mark for one in parts for mark in (("", "!") if one.in_full else ("",))),
        digest=digest,
    )


def _imports(
    situation: Situation, path: str, others: Iterable[str], definers: Mapping[str, Sequence[str]]
) -> list[str]:
    """Those of the `others` that a file imports; `definers` are those by the names that they define.

    A name that one of them defines may come through files that pass it on. Following it there would take a tenth of
    the time of a context, for nothing but the order.
    """
    found = set(situation.inference.names.import_sources(path)).intersection(others)
    for imported in counted(situation.record_of(path).imports[:MAX_IMPORTS]):
        found.update(definers.get(imported.name, ()))
    return sorted(found - {path})


def _whole(pieces: Iterable[ContextPiece]) -> int:
    return sum(piece.tokens for piece in pieces)
