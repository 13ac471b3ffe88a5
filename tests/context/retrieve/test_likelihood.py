"""`Likelihood`: which names of a file are offered for their words alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.storage.cache import IndexCache
from dovetail_context.retrieve.likelihood.affinity import places_with
from dovetail_context.retrieve.likelihood.name_features import NameFeatureTable
from dovetail_context.retrieve.situation import read_situation
from tests.context.workspace_text import read_workspace

SHOP = """
#- shop/clients.py
class ClientRegistry:
    def register_client(self, client): ...
    def _drop_client(self): ...
    limit = 3
    a = 1
def load_clients(path): ...
def unrelated(): ...
registered_client_names = []
__all__ = []
#- shop/empty.py
# nothing is defined here
#- shop/other.py
from shop.clients import ClientRegistry
def start(registry: ClientRegistry):
    # register the clients of a path
    registry.register_client(load_clients("x"))
#- main.py
from shop.clients import ClientRegistry
def start(registry: ClientRegistry, path):
    # register the clients of the path
    registry.$0
"""


def test_only_names_that_fit_and_are_not_used_yet_are_offered(tmp_path: Path) -> None:
    workspace = read_workspace(SHOP)
    snapshot, query = workspace.snapshot(tmp_path), workspace.query
    assert query is not None
    situation = read_situation(query, snapshot)
    assert situation is not None
    record = snapshot.files["shop/clients.py"]
    fitting = {symbol.name for symbol in situation.likelihood.fitting(record, 100)}
    assert {"register_client", "load_clients"} <= fitting
    assert not fitting & {"unrelated", "a", "__all__", "ClientRegistry"}
    assert situation.likelihood.fitting(record, 1) == []
    assert situation.likelihood.fitting(snapshot.files["shop/empty.py"], 100) == []


def test_names_are_found_by_words_that_they_hold() -> None:
    names = ("loadClients", "close", "CLIENT_LIMIT", "unrelated", "é_client", "İclient", "")
    assert places_with(["client"], names) == {0, 2, 4, 5}
    assert places_with(["client", "close"], names) == {0, 1, 2, 4, 5}
    assert places_with([], names) == set()
    assert places_with(["client"], ()) == set()
    assert places_with(["x"], ("two\nlines", "x")) == {0, 1}, "the name of several lines is looked at, too"


def test_words_of_an_image_by_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that many files use as a member is known as popular, and every word is found by its number."""
    monkeypatch.setattr("dovetail_context.retrieve.likelihood.name_features.POPULAR_FILES", 3)
    monkeypatch.setattr("dovetail_context.index.storage.image.MAX_KEPT_WORDS", 40)
    (tmp_path / "project").mkdir()
    for number in range(3):
        text = "".join(f"word{n}_{number} = x.often.seldom{number}\n" for n in range(100))
        (tmp_path / "project" / f"f{number}.py").write_text(text, encoding="utf-8")
    cache = IndexCache(tmp_path / "cache", 10**9)
    for _ in range(2):  # the second one opens the image that the first one wrote
        index = WorkspaceIndex(tmp_path / "project", cache=cache)
        index.start()
        index.wait_idle(60)
        words = index.snapshot.words
        known = (*(f"word{n}_1" for n in range(100)), ".often", ".seldom2")
        numbers = [words.id_of(word) for word in known]
        assert [words.word_of(number) for number in numbers if number is not None] == list(known)
        base = words.log.base
        index.close()
    assert base.vocabulary_size > 300, "this is the image"
    assert NameFeatureTable(base).popular == {"often"}


DRAW = """
#- draw.h
void draw_axis(int a);
void draw_begin(void);
void draw_cursor(int a);
void draw_dots(int a);
#- circle.c
#include "draw.h"
void circle(void) { draw_begin(); }
#- square.c
#include "draw.h"
void square(void) { draw_begin(); }
#- triangle.c
#include "draw.h"
void triangle(void) { draw_begin(); }
#- main.c
#include "draw.h"
int main(void) {
    $0
    return 0;
}
"""


def likelihoods(on_disk: str, typed: str, tmp_path: Path) -> dict[str, float]:
    """Return how likely each name of `draw.h` is in the text typed, all with the same prior."""
    snapshot, query = read_workspace(on_disk).snapshot(tmp_path), read_workspace(typed).query
    assert query is not None
    situation = read_situation(query, snapshot)
    assert situation is not None
    return {symbol.name: situation.likelihood.used(symbol, 0.01) for symbol in snapshot.files["draw.h"].symbols}


def test_in_c_a_function_that_many_files_use_is_likelier(tmp_path: Path) -> None:
    found = likelihoods(DRAW, DRAW, tmp_path)
    assert max(found, key=lambda name: found[name]) == "draw_begin"
    assert found["draw_begin"] > 1.5 * found["draw_axis"]


def test_in_c_the_version_on_disk_is_no_user(tmp_path: Path) -> None:
    found = likelihoods(DRAW.replace("$0", "draw_dots(1);"), DRAW, tmp_path)
    assert found["draw_dots"] == found["draw_axis"]
