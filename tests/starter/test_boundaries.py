"""The recipe is outside of the product's graph: neither imports anything of the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PRODUCT = {"dovetail", "dovetail_context", "dovetail_models"}
FOLDERS = ("lsp/dovetail", "context/dovetail_context", "models/dovetail_models")


def imported(source: str) -> Iterator[str]:
    """Yield the modules that a file names in its imports, those within functions included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_are_found_wherever_they_are() -> None:
    source = "import a.b\nfrom models import starter\ndef f():\n    from c.d import e\n"
    assert set(imported(source)) == {"a.b", "models", "models.starter", "c.d", "c.d.e"}


def test_nothing_of_the_product_imports_the_recipe_or_a_benchmark(repository: Path) -> None:
    files = [file for folder in FOLDERS for file in (repository / folder).rglob("*.py")]
    assert len(files) > 300
    for file in files:
        named = set(imported(file.read_text("utf-8")))
        outside = {one for one in named if one.startswith("models.starter") or one.partition(".")[0] == "tests"}
        assert not outside, f"{file}: {outside}"


def test_no_file_of_the_recipe_imports_the_product(repository: Path) -> None:
    recipe = repository / "models" / "starter"
    files = sorted(recipe.rglob("*.py"))
    assert len(files) > 30
    importers = {
        file.relative_to(recipe).as_posix()
        for file in files
        if any(one.partition(".")[0] in PRODUCT for one in imported(file.read_text("utf-8")))
    }
    assert not importers, "run `dovetail` by its command line, as models/starter/evaluation/product.py does"


def test_benchmarks_do_not_import_the_recipe(repository: Path) -> None:
    for file in (repository / "tests" / "benchmarks").rglob("*.py"):
        assert not [one for one in imported(file.read_text("utf-8")) if one.startswith("models.starter")], file
