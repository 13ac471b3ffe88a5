"""Statistics: they hold only counts, are correct, allow several writers, and disappear when the user asks."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest

from dovetail.session.suggestions.feedback import WRITE_EVERY_S, Feedback
from dovetail.stats import store
from dovetail.stats.page import stats_page
from dovetail.stats.store import KEEP_DAYS, Row, StatsError, add, clear, read
from dovetail.stats.summary import summarize, summary_json
from dovetail.stats.tally import BUCKET_GROWTH, Key, Name, Tally, band_of, bucket_of, percentile
from tests.lsp.cli.test_command_line import dovetail
from tests.lsp.test_explain import Reader

TODAY = date(2026, 3, 1)


def key(name: Name, bucket: int = 0, language: str = "python", model: str = "starter") -> Key:
    return Key(language, model, name, bucket)


def some_counts() -> Tally:
    return Tally(
        {
            key("answered"): 10,
            key("remembered"): 4,
            key("shown"): 8,
            key("whole"): 2,
            key("part"): 1,
            key("rejected"): 5,
            key("accepted_characters"): 50,
            key("kept_30_of"): 40,
            key("kept_30_characters"): 30,
            key("model_ms", bucket_of(120.0)): 6,
            key("memory_ms", bucket_of(0.4)): 4,
            key("sure_shown", 9): 6,
            key("sure_shown", 4): 2,
            key("sure_rejected", 4): 1,
            key("answered", language="go"): 1,
        }
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "stats.sqlite3"


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_percentiles_are_right_to_half_a_bucket(share: float) -> None:
    dice = random.Random(5)
    times = sorted(dice.lognormvariate(4, 1) for _ in range(2000))
    buckets: dict[int, int] = {}
    for time in times:
        buckets[bucket_of(time)] = buckets.get(bucket_of(time), 0) + 1
    reported = percentile(buckets, share)
    assert reported is not None
    exact = times[int(share * len(times)) - 1]
    assert exact / BUCKET_GROWTH**0.51 <= reported <= exact * BUCKET_GROWTH**0.51
    assert percentile({}, share) is None and bucket_of(0.0) == bucket_of(-1.0)


def test_counts_of_a_day_add_up(file: Path) -> None:
    add(file, some_counts(), TODAY)
    add(file, some_counts(), TODAY)
    assert {row.key: row.count for row in read(file)} == {each: 2 * count for each, count in some_counts().items()}
    assert read(file, since=TODAY + timedelta(days=1)) == []


def test_what_is_old_goes(file: Path) -> None:
    add(file, some_counts(), TODAY - timedelta(days=KEEP_DAYS + 1))
    add(file, some_counts(), TODAY)
    assert {row.day for row in read(file)} == {TODAY}


def test_the_file_stays_small(file: Path) -> None:
    """A year of work in three languages with two models, every bucket of time in use."""
    for day in range(0, KEEP_DAYS, 20):
        counts = Tally(
            {
                key("model_ms", bucket, language, model): 3
                for bucket in range(60)
                for language in ("python", "go", "rust")
                for model in ("starter", "deepseek-coder-1.3b-base")
            }
        )
        add(file, counts, TODAY - timedelta(days=day))
    assert file.stat().st_size * 20 < 16_000_000


def _add_often(file: Path, times: int) -> None:
    for _ in range(times):
        add(file, Tally({key("answered"): 1}), TODAY)


def test_several_servers_add_at_once(file: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_often, args=(file, 25)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert [row.count for row in read(file)] == [75]


def test_a_damaged_file_is_one_line_that_says_how_to_be_rid_of_it(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database, certainly" * 100)
    with pytest.raises(StatsError, match="dovetail stats --clear"):
        read(file)
    assert clear(file) and not clear(file) and read(file) == []


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("logprob", "band"), [(0.0, 9), (0.5, 9), (-0.1054, 8), (-0.6931, 5), (-50.0, 0)])
def test_a_band_is_a_tenth_of_the_probability(logprob: float, band: int) -> None:
    assert band_of(logprob) == band


async def test_what_cannot_be_written_waits(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, tally: Tally, day: date) -> None:
        raise StatsError("database or disk is full")

    clock = Clock()
    feedback = Feedback(clock)
    feedback.follow(True)
    monkeypatch.setattr("dovetail.session.suggestions.feedback.add", full)
    feedback._count(("python", "starter"), "answered")
    clock.now += WRITE_EVERY_S
    feedback._count(("python", "starter"), "answered")
    assert feedback._writing is not None
    await asyncio.wait_for(asyncio.shield(feedback._writing), 10)
    monkeypatch.setattr("dovetail.session.suggestions.feedback.add", add)
    await feedback.close()
    assert [row.count for row in read(state_folder / "stats.sqlite3")] == [2]


def test_a_write_that_fails_midway_leaves_the_file_as_it_was(file: Path) -> None:
    add(file, some_counts(), TODAY)
    before = read(file)
    broken = Tally({key("answered"): 1, Key("python", "starter", "shown", object()): 1})  # type: ignore[arg-type]
    with pytest.raises(StatsError):
        add(file, broken, TODAY)
    assert read(file) == before


def test_a_locked_file_is_waited_for_and_then_given_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(file, some_counts(), TODAY)
    monkeypatch.setattr(store, "PATIENCE_S", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StatsError, match="locked"):
        add(file, some_counts(), TODAY)
    other.execute("ROLLBACK")
    other.close()
    add(file, some_counts(), TODAY)


def test_what_the_figures_say() -> None:
    rows = [Row(TODAY, each, count) for each, count in some_counts().items()]
    reported = summary_json(summarize(rows))
    python = reported["by_language"]["python"]
    assert list(reported["by_language"]) == ["python", "go"] and list(reported["by_day"]) == ["2026-03-01"]
    assert python["from_memory"] == 0.4 and python["acceptance"] == 3 / 8
    assert (python["accepted"], python["accepted_in_part"], python["rejected"]) == (2, 1, 5)
    assert python["kept_after_30_s"] == 0.75 and python["kept_after_5_min"] is None
    assert python["characters_saved"] == 50
    assert python["by_certainty"] == [
        {"from": 0.9, "to": 1.0, "shown": 6, "rejected": 0},
        {"from": 0.4, "to": 0.5, "shown": 2, "rejected": 1},
    ]
    assert python["ms"]["model"]["p50"] == pytest.approx(120, rel=0.06)
    assert python["ms"]["memory"]["p99"] == pytest.approx(0.4, rel=0.06)
    assert reported["by_language"]["go"]["ms"]["all"] == {"p50": None, "p95": None, "p99": None}
    assert reported["total"]["answered"] == 11 and reported["by_model"]["starter"] == reported["total"]


def test_the_page_draws_them_and_loads_nothing() -> None:
    rows = [Row(TODAY - timedelta(days=day), each, 3) for day in (0, 1, 90) for each in some_counts()]
    rows.append(Row(TODAY, key("shown", model="<img src=x onerror=alert(1)>"), 1))
    page = stats_page(summarize(rows))
    reader = Reader(page)
    assert "By certainty" in reader.text and "python" in reader.text and "1\u00a0March\u00a02026" in reader.text
    assert not {tag for tag, _ in reader.tags} & {"script", "img", "link"}
    assert "http:" not in page and "https:" not in page and "url(" not in page
    assert "Nothing was counted" in stats_page(summarize([]))


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOVETAIL_STATE_DIR", str(tmp_path / "state"))
    assert "Nothing was counted yet" in dovetail("stats", cwd=tmp_path).stdout
    add(tmp_path / "state" / "stats.sqlite3", some_counts(), date.today())
    (line,) = [line for line in dovetail("stats", cwd=tmp_path).stdout.splitlines() if line.startswith("python")]
    assert line.split()[:4] == ["python", "8", "2", "1"]
    assert "40 to 50 %                    2          1       50 %" in dovetail("stats", cwd=tmp_path).stdout
    reported = json.loads(dovetail("stats", "--json", "--days", "1", cwd=tmp_path).stdout)
    assert set(reported) == {"total", "by_language", "by_model", "by_day"}
    dovetail("stats", "--html", "stats.html", cwd=tmp_path)
    assert "What you kept" in (tmp_path / "stats.html").read_text(encoding="utf-8")
    assert "deleted" in dovetail("stats", "--clear", cwd=tmp_path).stdout
    assert not list((tmp_path / "state").iterdir())
    assert "nothing to delete" in dovetail("stats", "--clear", cwd=tmp_path).stdout


def test_a_damaged_file_fails_the_command_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOVETAIL_STATE_DIR", str(tmp_path))
    (tmp_path / "stats.sqlite3").write_bytes(b"no database, certainly" * 100)
    done = dovetail("stats", cwd=tmp_path, status=1)
    assert "--clear" in done.stderr and done.stderr.count("\n") == 1
