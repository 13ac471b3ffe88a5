"""The pure parts of retrieval: access paths, types, ranking, budget, layout, tokens, words."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from dovetail_context.assembly.budget import Price, choose
from dovetail_context.assembly.layout import dependency_order, outline
from dovetail_context.assembly.rank import Ranked, rank
from dovetail_context.index.words import EmptyBase, TextWords, WordLog, WordView, read_words, words_of
from dovetail_context.languages.registry import language_for
from dovetail_context.meaning.types import TypeExpression, parse_type
from dovetail_context.query import Retrieval
from dovetail_context.records.access import alternatives, base_name, put_in
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.retrieve.candidate import Candidate, Evidence
from dovetail_context.retrieve.excerpt import Excerpt, excerpt
from dovetail_context.retrieve.likelihood.affinity import Surroundings, parts_of
from dovetail_context.retrieve.likelihood.name_features import NameFeatureTable
from dovetail_context.retrieve.windows import query_rarities, similar_windows
from dovetail_context.tokens import estimate_tokens


def test_alternatives() -> None:
    assert alternatives("a|b.c()|<X | None>.d") == ["a", "b.c()", "<X | None>.d"]
    assert alternatives("") == []
    assert base_name("repo.find()") == "repo"
    assert base_name("<Money>.x") == ""


def test_put_in() -> None:
    assert put_in("x.f()", "x", "<A | B>") == "<A | B>.f()"
    assert put_in("x.f()|y", "x", "a|b") == "a.f()|b.f()|y"
    assert put_in("x.f()", "x", "") == ""
    assert put_in("xy.f()", "x", "a") == "xy.f()"


TYPES = {
    "Money": "Money",
    "list[Money]": "list[Money]",
    "dict[str, list[Money | None]]": "dict[str, list[Money | None]]",
    "Money | None": "Money | None",
    "typing.Union[A, b.B]": "A | b.B",
    "Callable[[int, str], Money]": "Callable[[int, str], Money]",
    "tuple[int, ...]": "tuple[int, ...]",
    "(A | B)": "A | B",
    "": "",
    "]]][": "",
    "list[": "list",
    "A[B": "A[B]",
}


@pytest.mark.parametrize(("text", "shown"), TYPES.items())
def test_parse_type(text: str, shown: str) -> None:
    assert show(parse_type(text)) == shown


def show(alternatives_: tuple[TypeExpression, ...]) -> str:
    def one(expression: TypeExpression) -> str:
        arguments = ", ".join(map(show, expression.arguments))
        return f"{expression.name}[{arguments}]" if expression.arguments else expression.name

    return " | ".join(map(one, alternatives_))


def candidate(
    path: str, line: int, gain: float, reason: str = "r", text: str = "x", retriever: str = "scope"
) -> Candidate:
    return Candidate(path, line, line, text, Evidence(retriever, reason, gain))


def test_rank_adds_evidence_of_the_same_thing() -> None:
    found = rank(
        [
            candidate("a.py", 1, 0.5, "near"),
            candidate("a.py", 1, 0.5, "imported"),
            candidate("a.py", 1, 0.4, "imported"),
            candidate("b.py", 1, 0.6, "near", text="y"),
        ]
    )
    assert [(one.path, round(one.score, 3), one.reasons) for one in found] == [
        ("a.py", 0.75, ("imported", "near")),
        ("b.py", 0.6, ("near",)),
    ]


def test_rank_keeps_the_better_of_two_windows_that_say_the_same() -> None:
    text = "def f(a, b):\n    return a + b  # the sum of both\n"
    found = rank([candidate("a.py", 1, 0.2, text=text), candidate("b.py", 9, 0.3, text=text.replace("sum", "sums"))])
    assert [one.path for one in found] == ["b.py"]


def test_rank_does_not_depend_on_the_order_of_what_it_gets() -> None:
    candidates = [
        candidate(f"{name}.py", line, 0.1 * line, f"r{line}", f"{name} {line}") for name in "abc" for line in (1, 2, 3)
    ]
    expected = rank(candidates)
    for seed in range(10):
        random.Random(seed).shuffle(candidates)
        assert rank(candidates) == expected


def window(path: str, start: int, end: int, gain: float, retriever: str = "similar") -> Candidate:
    text = "\n".join(f"{path} line {number}" for number in range(start, end + 1))
    return Candidate(path, start, end, text, Evidence(retriever, "alike", gain))


def test_of_windows_that_overlap_the_worse_one_loses_lines() -> None:
    found = rank([window("a.py", 1, 12, 0.3), window("a.py", 7, 18, 0.5), window("a.py", 10, 13, 0.1)])
    assert [(one.start_line, one.end_line) for one in found] == [(7, 18), (1, 6)]
    assert found[1].text.split("\n")[-1] == "a.py line 6"


def test_rank_asks_only_who_is_enabled_and_weighs_their_odds() -> None:
    offers = [candidate("a.py", 1, 0.5, text="a"), candidate("b.py", 1, 0.4, text="b", retriever="similar")]
    assert [one.path for one in rank(offers, Retrieval(frozenset({"similar"})))] == ["b.py"]
    first, second = rank(offers, Retrieval(weights={"similar": 4.0}))
    assert (first.path, round(first.score, 3)) == ("b.py", round(1.6 / 2.2, 3))
    assert (second.path, second.score) == ("a.py", 0.5)


def ranked(name: str, score: float) -> Ranked:
    return Ranked("a.py", 1, 1, name, None, "", score, ("r",))


def test_budget_takes_the_most_gain_for_the_tokens() -> None:
    costs = {"dear": 100, "fair": 10, "cheap": 5, "poor": 5}
    offers = [ranked("dear", 0.9), ranked("fair", 0.5), ranked("cheap", 0.4), ranked("poor", 0.01)]
    chosen, rest = choose(offers, 20, lambda one: Price(costs[one.text], ()))
    assert [one.ranked.text for one in chosen] == ["fair", "cheap", "poor"]
    assert [(one.text, cost) for one, cost in rest] == [("dear", 100)]


def test_budget_pays_a_heading_once() -> None:
    offers = [ranked("first", 0.5), ranked("second", 0.5), ranked("elsewhere", 0.5)]
    headings = {"first": "a", "second": "a", "elsewhere": "b"}
    chosen, rest = choose(offers, 20, lambda one: Price(5, ((("x.py", headings[one.text]), 10),)))
    assert [one.ranked.text for one in chosen] == ["first", "second"]
    assert [cost for _, cost in rest] == [15]


def test_budget_takes_names_before_whole_signatures() -> None:
    offers = [ranked("one", 0.5), ranked("two", 0.5)]
    chosen, _ = choose(offers, 12, lambda one: Price(4, (), lambda: 10))
    assert [(one.ranked.text, one.in_full) for one in chosen] == [("one", False), ("two", False)]
    chosen, _ = choose(offers, 14, lambda one: Price(4, (), lambda: 10))
    assert [(one.ranked.text, one.in_full) for one in chosen] == [("one", True), ("two", False)]


def test_budget_keeps_the_share_of_a_retriever() -> None:
    offers = [ranked(name, 0.5)._replace(retriever="similar") for name in ("one", "two")] + [ranked("three", 0.1)]
    chosen, _ = choose(offers, 30, lambda one: Price(10, ()), {"similar": 15})
    assert [one.ranked.text for one in chosen] == ["one", "three"]


def test_budget_takes_nothing_twice() -> None:
    """A symbol whose lines a window shows is not shown again, and its tokens return to the budget."""
    symbol = Symbol("f", "function", "", 3, 9, "def f()")
    offers = [ranked("symbol", 0.9)._replace(symbol=symbol), ranked("window", 0.8), ranked("other", 0.3)]
    chosen, rest = choose(
        offers,
        30,
        lambda one: Price(10 if one.text != "other" else 20, ()),
        covers=lambda one, other: one.text == "window" and other is offers[0],
    )
    assert [one.ranked.text for one in chosen] == ["window", "other"]
    assert rest == []


def test_budget_is_never_exceeded() -> None:
    rng = random.Random(3)
    headings = {"a": 9, "b": 5, "c": 1}
    for _ in range(100):
        offers = [ranked(str(number), rng.random()) for number in range(30)]
        under = {one.text: rng.choice("abc") for one in offers}
        full = {one.text: rng.randint(4, 40) for one in offers}
        brief = {one.text: rng.choice([0, 3]) for one in offers}
        prices = {
            name: Price(
                brief[name] or full[name],
                ((("p", under[name]), headings[under[name]]),),
                partial(full.__getitem__, name) if brief[name] else None,
            )
            for name in full
        }
        budget = rng.randint(0, 200)
        chosen, rest = choose(offers, budget, lambda one, prices=prices: prices[one.text])
        paid = sum(headings[name] for name in {under[one.ranked.text] for one in chosen})
        own = sum((full if one.in_full else brief)[one.ranked.text] for one in chosen)
        assert own + paid <= budget
        assert len(chosen) + len(rest) == len(offers)


def test_dependencies_stand_first() -> None:
    imports = {"main": ["b", "c"], "b": ["a"], "c": ["a", "b"], "a": [], "lone": ["elsewhere"]}
    assert dependency_order(list(imports), imports.__getitem__) == ["a", "b", "c", "lone", "main"]


def test_a_cycle_is_broken_where_the_fewest_imports_are_open() -> None:
    imports = {"a": ["b", "c"], "b": ["c"], "c": ["b"], "d": ["a"]}
    assert dependency_order(["d", "c", "b", "a"], imports.__getitem__) == ["b", "c", "a", "d"]


def test_the_order_does_not_depend_on_the_order_of_the_paths() -> None:
    imports = {"a": ["b"], "b": [], "c": ["d"], "d": ["c"], "e": []}
    orders = {tuple(dependency_order(list(paths), imports.__getitem__)) for paths in itertools.permutations(imports)}
    assert len(orders) == 1


def test_outline_shows_classes_around_members() -> None:
    language = language_for("a.py")
    assert language is not None
    record = language.extract(
        "a.py",
        "class A(B):\n    class I:\n        x: int\n    def f(self): ...\n    def g(self): ...\ndef h(): ...\n",
    )
    chosen: dict[Symbol, str] = {
        symbol: language.reduced(symbol) for symbol in record.symbols if symbol.name in ("x", "g", "h")
    }
    assert outline(record, chosen) == ("class A(B):\n    class I:\n        x: int\n    def g(self): ...\ndef h(): ...")


def test_estimate_grows_with_the_text() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("x") == 1
    parts = ["def f(a, b):\n", "    return a + b\n", "# größer 😀\n", "x_y_Z1 = 'some text'\n"]
    whole = "".join(parts)
    assert abs(estimate_tokens(whole) - sum(map(estimate_tokens, parts))) <= len(parts)


def test_estimate_is_near_the_real_vocabulary(shared: Path) -> None:
    llama_cpp = pytest.importorskip("llama_cpp")
    vocabulary = shared / "vocab" / "ggml-vocab-deepseek-coder.gguf"
    model = llama_cpp.Llama(model_path=str(vocabulary), vocab_only=True, verbose=False)
    try:
        errors = []
        for file in sorted((shared / "eval" / "repos" / "harlequin" / "harlequin").glob("*.py")):
            text = file.read_text(encoding="utf-8")[:20_000]
            real = len(model.tokenize(text.encode(), add_bos=False, special=False))
            errors.append(abs(estimate_tokens(text) - real) / max(real, 50))
        assert len(errors) > 10
        assert sorted(errors)[len(errors) // 2] < 0.05
        assert max(errors) < 0.25
    finally:
        model.close()


def read(*texts: tuple[str, str]) -> list[tuple[str, TextWords]]:
    return [(path, read_words(text)) for path, text in texts]


def test_words_are_found_by_file() -> None:
    view = WordView(WordLog()).updated(read(("a.py", "x = money.total\n"), ("b.py", "total = money\n")), ())
    assert view.files_with("money") == ["a.py", "b.py"]
    assert view.files_with(".total") == ["a.py"]
    assert view.files_with("total") == ["b.py"]
    later = view.updated(read(("a.py", "y = 1\n")), ["b.py"])
    assert later.files_with("money") == []
    assert view.files_with("money") == ["a.py", "b.py"]


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Threads take turns after each few steps, so that a race is met in a short test."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("quick_switches")
def test_words_are_found_while_files_are_added() -> None:
    """What a log has taken is sorted by whoever asks first; nobody may miss a file that another is sorting."""
    files = 300
    view = WordView(WordLog()).updated(read(("0.py", "shared\n")), ())
    views = [view]
    done = Event()

    def ask() -> list[tuple[int, int]]:
        wrong = []
        while not done.is_set():
            asked = views[-1]
            found = len(asked.files_with("shared"))
            if found != asked.numbers_size:
                wrong.append((asked.numbers_size, found))
        return wrong

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(ask) for _ in range(4)]
        try:
            for number in range(1, files):
                more = " ".join(f"word{number}_{each}" for each in range(50))
                view = view.updated(read((f"{number}.py", f"shared {more}\n")), ())
                views.append(view)
        finally:
            done.set()
    assert [reader.result() for reader in readers] == [[]] * 4
    assert view.frequency("shared") == files


def test_the_log_is_written_again_when_most_of_it_is_replaced() -> None:
    view = WordView(WordLog()).updated(read(("a.py", "kept\n"), ("b.py", "typed0\n")), ())
    first = view
    for keystroke in range(1, 2500):
        view = view.updated(read(("b.py", f"typed{keystroke} kept\n")), ())
    assert view.files_with("kept") == ["a.py", "b.py"]
    assert view.files_with("typed2499") == ["b.py"]
    assert view.files_with("typed7") == []
    assert view.frequency("kept") < 1100
    assert first.files_with("typed0") == ["b.py"]
    assert [view.word_of(known) for known in view.files["b.py"].ids.tolist()] == ["typed2499", "kept", "\n"]
    assert view.id_of("kept") == first.id_of("kept")


def test_names_fit_by_their_words() -> None:
    assert parts_of("loadURLs_from2") == ("load", "url", "from")
    text = "# Register the client\n"
    around, features = Surroundings(text, len(text), words_of(text)), NameFeatureTable(EmptyBase())
    names = ("register_client", "register_server", "unrelated")
    client, server, unrelated = (share for share, _, _ in (around.fit(features.of(name).parts) for name in names))
    assert client > 0.9
    assert server < client
    assert unrelated == 0.0


def test_similar_windows_hold_the_rare_words() -> None:
    other = "\n".join(f"filler{n} = common" for n in range(30)) + "\nrare_one = rare_two(common)\n" + "x = 1\n" * 30
    files = [("other.py", other), *((f"f{n}.py", "common = filler0\n") for n in range(30))]
    words = WordView(WordLog()).updated(read(*files), ())
    text = "def f():\n    rare_two(rare_one, common)\n    "
    rarities = query_rarities(text, len(text), words)
    (best, *_) = similar_windows(rarities, "main.py", words, 5)
    assert best.path == "other.py"
    assert best.start_line <= 31 <= best.end_line
    assert similar_windows(rarities, "other.py", words, 5) == []


def test_likeness_counts_what_no_file_holds_yet() -> None:
    """A window is not "100 % like" a text with words that no file has yet; keywords of a language do not count."""
    words = WordView(WordLog()).updated(read(("a.py", "def shared(value):\n    return value\n")), ())
    rarities = query_rarities("def fresh(shared):\n    return unheard_of(shared)", 40, words)
    assert set(rarities) == {"fresh", "shared", "unheard_of"}
    (window,) = similar_windows(rarities, "main.py", words, 5)
    assert 0.0 < window.likeness < 0.5


def test_windows_of_very_long_lines_are_not_shown() -> None:
    """Bundled programs and tables: no budget holds them, and comparing two of them takes seconds."""
    data = "const table = [" + "rare_word, " * 3000 + "]\n"
    files = read(("data.py", data * 3), ("small.py", "rare_word = 1\n"))
    words = WordView(WordLog()).updated(files, ())
    found = similar_windows(query_rarities("rare_word = ", 12, words), "main.py", words, 5)
    assert [window.path for window in found] == ["small.py"]
    assert excerpt(FileRecord("data.py", "python", "", data), 1, 1) is None
    assert excerpt(FileRecord("small.py", "python", "", "\nrare_word = 1\n"), 1, 2) == Excerpt(2, 2, "rare_word = 1")
