"""Large, deep and senseless texts: nothing fails on them, exceeds its time, or blocks other requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dovetail_context import gather as gathering, members
from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.registry import LANGUAGES, extract, language_for
from dovetail_context.members import members_at
from dovetail_context.parse import parse_text
from dovetail_context.plausible import MAX_OPEN_BRACKETS, can_be_code
from dovetail_context.query import Query
from dovetail_context.records.record import MAX_SAME_NAME, Symbol, by_name
from dovetail_context.syntax import Grammar
from dovetail_context.vicinity import WHOLE_CHARACTERS
from dovetail_context.work import (
    LONG_S,
    REST_S,
    Cancelled,
    Effort,
    Exhausted,
    Work,
    at_most,
    awaited,
    checkpoint,
    counted,
    open_work,
)
from tests.benchmarks.hostile_texts import SUFFIXES, hostile_texts, operations
from tests.context.conftest import FIXTURES
from tests.context.workspace_text import read_workspace

# Neither depends on the language, or differs from what is done at the other place.
SEEN_ELSEWHERE = frozenset({"gather (middle)", "members (middle)", "shape (middle)", "redact"})
NOTHING = IndexSnapshot(Path("/project"))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[IndexSnapshot]:
    (tmp_path / "shop.py").write_text(
        "class Money:\n    def add(self, other): ...\n    def split(self, parts): ...\n", encoding="utf-8"
    )
    (tmp_path / "Till.java").write_text("class Till { int count() { return 1; } }\n", encoding="utf-8")
    index = WorkspaceIndex(tmp_path, workers=0)
    index.build()
    yield index.snapshot
    index.close()


def seconds(work: Callable[[], object]) -> float:
    """Processor time, the least of some tries."""
    found = []
    for _ in range(3):
        started = time.thread_time()
        work()
        found.append(time.thread_time() - started)
    return min(found)


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_fails_on_any_text(suffix: str) -> None:
    for name, text in hostile_texts(300):
        for what, _, work in operations(f"a{suffix}", text):
            if what not in SEEN_ELSEWHERE:
                try:
                    work()
                except Exception as error:  # noqa: BLE001 - the failure names the text
                    pytest.fail(f"{what} of {name} in a{suffix}: {error!r}")


@pytest.mark.parametrize(
    ("path", "opening"), [("A.java", "class A{n} {{ int a; "), ("A.cs", "class A{n} {{ int a; "), ("A.cs", "#if A\n")]
)
@pytest.mark.parametrize("depth", [500, 1900])
def test_classes_inside_one_another_need_no_stack(path: str, opening: str, depth: int) -> None:
    language = language_for(path)
    assert language is not None
    head = "".join(opening.format(n=n) for n in range(depth))
    record = language.extract(path, head + ("#endif\n" if "#" in opening else "}") * depth)
    if "class" in opening:
        assert [symbol.name for symbol in record.symbols[:4]] == ["A0", "a", "A1", "a"]
        assert max(len(symbol.container) for symbol in record.symbols) < 1000


def test_definitions_of_one_name_take_linear_time() -> None:
    def symbols(count: int) -> list[Symbol]:
        return [Symbol("f", "function", "", line, line, "def f(): ...") for line in range(count)]

    few, many = symbols(4_000), symbols(64_000)
    assert seconds(lambda: by_name(many)) < 16 * 4 * seconds(lambda: by_name(few)) + 0.005
    assert by_name(many) == {"f": tuple(many[-MAX_SAME_NAME:])}
    assert by_name(many[:MAX_SAME_NAME]) == {"f": tuple(many[:MAX_SAME_NAME])}


def test_what_a_cursor_is_in_is_found_in_linear_time() -> None:
    def nested(depth: int) -> Callable[[], object]:
        text = "x = " + "[" * depth + "'a'" + "]" * depth
        parsed = parse_text("a.py", text)
        assert parsed is not None
        assert parsed.kind_at(len(text) // 2 + 2) == "string"
        return lambda: parsed.kind_at(len(text) // 2 + 2)

    assert seconds(nested(MAX_OPEN_BRACKETS)) < 8 * 3 * seconds(nested(MAX_OPEN_BRACKETS // 8)) + 0.005


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 30_000 + ")" * 30_000,
        "[" * 5_000,
        "a<" * 20_000,
        "a<\n" * 20_000,
        "/*a" * 5_000,
        "x = " + "% a < " * 2_000,
        "x = " + "a = b ? -c : " * 2_000,
    ],
)
@pytest.mark.parametrize("path", ["a.py", "a.java", "a.cs", "a.cpp", "a.ts"])
def test_what_would_stop_a_parser_for_minutes_counts_as_plain_text(path: str, text: str) -> None:
    assert not can_be_code(text.encode())
    language = language_for(path)
    assert language is not None
    record = language.extract(path, text)
    assert record.problems and not record.symbols and record.text == text
    parsed = parse_text(path, text)
    assert parsed is not None
    assert (parsed.kind_at(7), parsed.errors(), parsed.statement_end(4)) == ("code", 0, None)
    assert parsed.replaced(3, 4, "a b").text == text[:3] + "a b" + text[4:]
    assert gather(Query(path, text, len(text)), NOTHING, 100).pieces == ()
    assert members_at(Query(path, text + ".", len(text) + 1), NOTHING) == ()


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + "1, " * 100_000 + "]",
        "x = {" + "'a': -1 + 2, " * 20_000 + "}",
        "if a < b and c > d:\n    pass\n" * 1_000,
        "for (int i = 0; i < n; i++) { a[i] = i << 2; }\n" * 1_000,
        "const s = '" + "aGVsbG8+/=" * 20_000 + "';",
        "function f(a){return a<1?b:c}" * 3_000,
        "Map<String, List<Integer>> a = new HashMap<>();\n" * 500,
    ],
)
def test_data_and_minified_code_are_code(text: str) -> None:
    assert can_be_code(text.encode())


def test_a_parser_stops_after_what_code_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dovetail_context.syntax.READ_S", -1.0)
    monkeypatch.setattr("dovetail_context.syntax.READ_S_PER_BYTE", 0.0)
    language = language_for("a.py")
    assert language is not None
    record = language.extract("a.py", "def f(): ...\n" * 2_000)
    assert record.problems and not record.symbols


def test_other_threads_run_while_a_text_is_parsed() -> None:
    text, counted_to, stop = "x = f(1, [2], {3: 4})\n" * 20_000, [0], threading.Event()

    def count() -> None:
        while not stop.wait(0.0001):
            counted_to[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        language = language_for("a.py")
        assert language is not None
        before = counted_to[0]
        language.grammar("a.py").parse(text)
        counted_meanwhile = counted_to[0] - before
    finally:
        stop.set()
        thread.join()
    assert counted_meanwhile >= 5


@pytest.mark.long(keep=3)
@pytest.mark.parametrize(
    "language", [each for each in LANGUAGES if each.grammar("") is not None], ids=lambda language: language.name
)
def test_of_a_large_text_only_a_part_is_parsed(language: object, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"a{language.suffixes[0]}"  # type: ignore[attr-defined]
    parsed: list[int] = []
    parse = Grammar.parse

    def recorded(self: Grammar, text: str) -> object:
        parsed.append(len(text))
        return parse(self, text)

    monkeypatch.setattr(Grammar, "parse", recorded)
    text = "value = first(second)\n" * 30_000
    # Where the part begins depends on no language; its ends are tried in one.
    for offset in (0, len(text) // 2, len(text)) if path == "a.py" else (len(text) // 2,):
        dotted = text[:offset] + "." + text[offset:]
        gather(Query(path, text, offset), NOTHING, 300)
        members_at(Query(path, dotted, offset + 1), NOTHING)
        tree = parse_text(path, text, offset)
        assert tree is not None
        tree.replaced(offset, offset, "x").errors()
    assert len(parsed) >= 2  # some languages keep what they read for the cursor
    assert max(parsed) <= WHOLE_CHARACTERS + 60_000


@pytest.mark.parametrize("after", [0, 1, 5, 40])
def test_a_cancelled_question_ends(project: IndexSnapshot, after: int) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    lines = "".join(f"a{n} = Money().add(b{n})\n" for n in range(3_000))
    text = f"from shop import Money\nafter = {after}\n{lines}Money()."  # what was read before is not read again
    with pytest.raises(Cancelled):
        gather(Query("a.py", text, len(text)), project, 300, cancelled=cancelled)
    assert asked == after + 1
    asked, other = 0, text.replace("after", "others")
    with pytest.raises(Cancelled):
        members_at(Query("b.py", other, len(other)), project, cancelled=cancelled)
    assert gather(Query("a.py", text, len(text)), project, 300).pieces


def test_a_large_text_gets_its_context_from_both_parts(project: IndexSnapshot) -> None:
    filler = "".join(f"value{number} = {number}\n" for number in range(100_000))
    text = f"from shop import Money\n{filler}\ndef pay(money: Money):\n    money."
    found = gather(Query("pay.py", text, len(text)), project, 300)
    assert any("class Money" in piece.text for piece in found.pieces)
    assert set(members_at(Query("pay.py", text, len(text)), project)) >= {"add", "split"}


def test_cancelling_stops_a_parser() -> None:
    language = language_for("a.py")
    assert language is not None
    with pytest.raises(Cancelled), open_work(lambda: True):
        language.grammar("a.py").parse("x = f(1)\n" * 10_000)


def test_a_question_that_takes_too_many_steps_is_answered_with_what_was_found(
    project: IndexSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "from shop import Money\nmoney = Money()\nmoney."
    whole = gather(Query("a.py", text, len(text)), project, 300)
    names = members_at(Query("a.py", text, len(text)), project)
    assert {"add", "split"} < set(names)
    for steps in (0, 1, 5, 20):
        monkeypatch.setattr(gathering, "MAX_STEPS", steps)
        monkeypatch.setattr(members, "MAX_STEPS", steps)
        assert gather(Query("a.py", text, len(text)), project, 300).tokens <= 300
        assert members_at(Query("a.py", text, len(text)), project) in ((), names)
    monkeypatch.undo()
    assert gather(Query("a.py", text, len(text)), project, 300) == whole
    assert members_at(Query("a.py", text, len(text)), project) == names


def test_steps_are_counted_inside_a_limit_alone() -> None:
    checkpoint(10**9)
    with open_work() as work:
        checkpoint(10**9)
        with pytest.raises(Exhausted), at_most(3):
            assert list(counted(range(2))) == [0, 1]
            checkpoint(2)
        assert work.exhausted
        checkpoint(10)


def test_long_work_rests_while_somebody_waits_for_something_short(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    now, taken = [0.0], [0.0]

    def sleep(seconds: float) -> None:
        rests.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("dovetail_context.work.time.sleep", sleep)
    monkeypatch.setattr("dovetail_context.work.time.monotonic", lambda: now[0])
    monkeypatch.setattr("dovetail_context.work.time.thread_time", lambda: taken[0])
    long, short = Effort(), Effort()

    def worked(work: Work, seconds: float) -> float:
        rests.clear()
        taken[0] += seconds
        work.look()
        return sum(rests)

    with open_work(effort=long) as work, awaited(long):
        assert worked(work, 1.0) == 0  # no other request is waiting
        with awaited(short):
            assert worked(work, 0.01) == pytest.approx(REST_S)
            assert worked(work, 0.001) == 0  # not yet again
            assert worked(work, 0.01) == pytest.approx(REST_S)
        with awaited(Effort(is_long=True)):
            assert worked(work, 0.01) == 0  # the others have to wait as long
        assert worked(work, 0.01) == 0
    with open_work(effort=short) as work, awaited(long), awaited(short):
        assert worked(work, LONG_S / 4) == 0  # what was asked last goes on
        with awaited(Effort()):
            assert worked(work, LONG_S / 4) > 0  # this was asked later
        with awaited(Effort(is_long=True)):
            assert worked(work, LONG_S / 4) == 0  # and this as well, but it takes long in any case
        assert worked(work, LONG_S) > 0  # until it turns out to take long itself
    with open_work(effort=Effort()) as work, awaited(short):
        assert worked(work, 0.01) > 0  # no request waits for this
    with open_work(background=True) as work:
        assert worked(work, 0.01) == 0
        with awaited(Effort(is_long=True)):
            assert worked(work, 0.01) > 0  # work without a waiting request comes last
        with awaited(Effort(is_elsewhere=True)):
            assert worked(work, 0.01) == 0


def test_what_rests_can_be_cancelled() -> None:
    resting, is_cancelled = Effort(is_long=True), threading.Event()

    def work() -> None:
        with pytest.raises(Cancelled), open_work(is_cancelled.is_set, resting) as work, awaited(resting):
            while True:
                work.look()

    with awaited(Effort()):
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        is_cancelled.set()
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("language", [language.name for language in LANGUAGES if language.grammar("") is not None])
def test_a_text_that_is_matched_part_by_part_gives_the_same_record(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0
    for fixture in sorted((FIXTURES / language).rglob("*.txt")):
        for path, text in read_workspace(fixture.read_text(encoding="utf-8")).files.items():
            if language_for(path) is None:
                continue
            whole = extract(path, text)
            with monkeypatch.context() as parts:
                parts.setattr("dovetail_context.syntax._MATCHED_BYTES", 10)
                assert extract(path, text) == whole
            compared += len(text) > 80
    assert compared


def test_matching_a_long_text_looks_whether_it_is_still_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    grammar = LANGUAGES[0].grammar("a.py")
    tree = grammar.parse("def f(a):\n    return a.b(c)\n" * 5_000)
    looks: list[int] = []
    monkeypatch.setattr("dovetail_context.syntax.look", lambda: looks.append(1))
    assert len(grammar.matches(tree.root, "symbols.scm")) >= 5_000
    assert len(looks) == len(tree.data) // 16_384 + 1
