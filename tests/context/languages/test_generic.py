"""Languages of a tags query and a profile, text without a grammar, and code inside other texts, in whole workspaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.languages.embedded import embedded
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.registry import LANGUAGES, extract, language_for, reading_of
from dovetail_context.parse import parse_text
from dovetail_context.query import Query
from tests.context.conftest import FIXTURES
from tests.context.workspace_text import read_workspace

BUDGET_TOKENS = 400
GENERIC = [language for language in LANGUAGES if isinstance(language, GenericLanguage)]


def shown(text: str, root: Path, budget: int = BUDGET_TOKENS) -> dict[str, str]:
    """What the model sees at the cursor of a workspace, by path."""
    workspace = read_workspace(text)
    assert workspace.query is not None
    bundle = gather(workspace.query, workspace.snapshot(root), budget)
    found: dict[str, str] = {}
    for piece in bundle.pieces:
        found[piece.path] = found.get(piece.path, "") + piece.text + "\n"
    return found


def test_a_mixin_sees_the_other_mixins_of_its_host(tmp_path: Path) -> None:
    found = shown(
        """Ruby.
#- lib/host.rb
class Host
  include Counts
  include Prints
  def drawer_total; end
end
#- lib/prints.rb
module Prints
  def slip(copies); end
end
#- lib/counts.rb
module Counts
  def count
    $0
  end
end
""",
        tmp_path,
    )
    assert "def slip(copies)" in found["lib/prints.rb"]
    assert "def drawer_total" in found["lib/host.rb"]


def test_a_trait_sees_the_class_that_uses_it(tmp_path: Path) -> None:
    found = shown(
        """PHP.
#- src/Host.php
<?php
namespace Shop;
class Host { use Counts; public function drawerTotal(): int { return 1; } }
#- src/Counts.php
<?php
namespace Shop;
trait Counts {
    public function count(): int {
        return $this->$0
    }
}
""",
        tmp_path,
    )
    assert "function drawerTotal(): int" in found["src/Host.php"]


def test_text_without_a_grammar_has_windows_of_its_kind(tmp_path: Path) -> None:
    found = shown(
        """GraphQL, which has no grammar here.
#- schema/money.graphql
type Money {
  cents: Int!
  drawerCode: String
}
#- schema/query.graphql
query Total {
  money { cents $0 }
}
#- README.md
Money has cents.
""",
        tmp_path,
    )
    assert "drawerCode" in found["schema/money.graphql"]


@pytest.mark.parametrize("language", GENERIC, ids=lambda language: language.name)
def test_without_its_grammar_a_language_has_words_and_no_symbols(
    language: GenericLanguage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(wheel: str, package: str, function: str = "language") -> None:
        raise ModuleNotFoundError(wheel)

    monkeypatch.setattr("dovetail_context.languages.generic.language.load_grammar", absent)
    path, text = f"a{language.suffixes[0]}", "price = drawer.total\n"
    record = extract(path, text)
    assert (record.language, record.text, record.symbols, record.problems) == (language.name, text, (), ())
    assert language.cursor(text, len(text) - 1).receiver == "drawer"
    assert parse_text(path, text) is None


@pytest.mark.parametrize("language", GENERIC, ids=lambda language: language.name)
def test_secrets_and_ignored_files_stay_out_in_every_language(language: GenericLanguage, tmp_path: Path) -> None:
    suffix = language.suffixes[0]
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    (tmp_path / ".gitignore").write_text(f"ignored{suffix}\n", encoding="utf-8")
    (tmp_path / f"ignored{suffix}").write_text("hidden\n", encoding="utf-8")
    (tmp_path / f"a{suffix}").write_text(f'token = "{secret}"\n', encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    index.build()
    assert set(index.snapshot.files) == {f"a{suffix}"}
    assert secret not in index.snapshot.files[f"a{suffix}"].text


def test_secrets_in_plain_text_are_blanked_out(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    (tmp_path / "deploy.tf").write_text(f'token = "{secret}"\nregion = "x"\n', encoding="utf-8")
    (tmp_path / "long.txt").write_text("some words\n" * 10_000, encoding="utf-8")
    (tmp_path / "data.json").write_text("{}", encoding="utf-8")
    (tmp_path / "binary.foo").write_bytes(b"\0\1\2" * 100)
    index = WorkspaceIndex(tmp_path)
    report = index.build()
    assert set(index.snapshot.files) == {"deploy.tf"}
    assert secret not in index.snapshot.files["deploy.tf"].text
    assert {skip.path: skip.reason for skip in report.skipped} == {
        "long.txt": "long text without a grammar",
        "binary.foo": "binary",
    }


PAGE = """<!-- a page -->
<template><p>{{ total }}</p></template>
<script type="application/json">{"a": 1}</script>
<script lang="ts">
const total = 1
</script>
<style>
.price { color: red }
</style>
"""


@pytest.mark.parametrize(
    ("mark", "language"),
    [("a page", None), ("{{ total", None), ('"a"', None), ("const total", "typescript"), (".price", "css")],
)
def test_the_language_around_a_cursor_in_a_page(mark: str, language: str | None) -> None:
    found = embedded("a.vue", "", PAGE, PAGE.index(mark) + 1)
    assert (found.language if found is not None else None) == language
    if found is not None:
        assert len(found.text) == len(PAGE)
        assert found.text.count("\n") == PAGE.count("\n")
        assert mark in found.text and "template" not in found.text


def test_a_comment_of_a_page_is_no_code() -> None:
    """Outside of its scripts a page has no tree, so its lexical reader decides."""
    assert parse_text("a.vue", PAGE, PAGE.index("a page")) is None
    parsed = parse_text("a.vue", PAGE, PAGE.index("const total") + 3)
    assert parsed is not None and parsed.errors() == 0


def test_every_language_is_named_once() -> None:
    suffixes = [suffix for language in LANGUAGES for suffix in language.suffixes]
    assert len(suffixes) == len(set(suffixes))
    names = [language.name for language in LANGUAGES]
    assert len(names) == len(set(names))
    for language in GENERIC:
        assert language_for(f"a{language.suffixes[0]}") is language


def test_a_cursor_in_any_place_of_any_language(tmp_path: Path) -> None:
    """Half a line anywhere in a file neither raises nor exceeds the budget."""
    for language in GENERIC:
        workspace = read_workspace(
            (FIXTURES / language.name / "symbols" / "definitions.txt").read_text(encoding="utf-8")
        )
        snapshot = workspace.snapshot(tmp_path / language.name)
        ((path, text),) = workspace.files.items()
        for offset in range(0, len(text), 17):
            bundle = gather(Query(path, text[:offset] + "foo." + text[offset + 5 :], offset + 4), snapshot, 100)
            assert bundle.tokens <= 100


def test_how_each_language_is_read_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading_of("python") == reading_of("kotlin") == "in full"
    assert reading_of("swift").startswith("by tags")
    assert reading_of("text") == "by windows only: similar passages, without definitions"
    monkeypatch.setattr("dovetail_context.languages.generic.language.find_spec", lambda wheel: None)
    assert reading_of("swift").endswith("install tree-sitter-swift for more")
    assert reading_of("python") == "in full"
