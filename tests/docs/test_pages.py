"""Every link and every path of code that a page names leads somewhere; generated parts are up to date."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, all_pages, anchors, links

PAGES = all_pages()
DOCS = REPOSITORY / "docs"
README_LINES = 150
_MODULE = re.compile(r"`(?:\.\./)*((?:[\w.-]+/)*[\w-]+\.(?:py|lua|ts|mjs|scm))`")
_NOT_OURS = {"dataclasses.py", "Untitled-1.py"}  # examples of what a user has
_CODE_PATH = re.compile(r"`((?:lsp|context|models|editors|tests|docs|\.ci|\.github)/[\w./-]*)`")


def name_of(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} does not exist"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{link} names no heading of that page"


@pytest.mark.parametrize("page", [*sorted(DOCS.rglob("*.md")), REPOSITORY / "CONTRIBUTING.md"], ids=name_of)
def test_paths_of_code_that_a_page_names_exist(page: Path) -> None:
    missing = [
        path for path in _CODE_PATH.findall(page.read_text(encoding="utf-8")) if not (REPOSITORY / path).exists()
    ]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_modules_that_a_page_names_exist(page: Path) -> None:
    named = set(_MODULE.findall(page.read_text(encoding="utf-8"))) - _NOT_OURS
    folders = [REPOSITORY / name for name in ("lsp", "context", "models", "editors", "tests", "docs")]
    missing = [
        name
        for name in sorted(named)
        if not (REPOSITORY / name).exists() and not any(next(folder.rglob(name), None) for folder in folders)
    ]
    assert not missing


def test_the_generated_pages_are_up_to_date() -> None:
    code = """
import runpy, sys
pages = runpy.run_path("docs/scripts/reference.py")["pages"]()
sys.exit(", ".join(path.name for path, text in pages if path.read_text(encoding="utf-8") != text) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stderr.strip()}: run python docs/scripts/reference.py"


def test_the_readme_is_short() -> None:
    assert len((REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()) < README_LINES


def test_the_site_builds_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="mkdocs-material is not installed: pip install -e '.[docs]'")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    # Material for MkDocs prints a notice about another project's plans, which is no warning of the build.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr.strip()
    for page in ("index", "settings/index", "internals/architecture/index", "editors/index"):
        assert (tmp_path / "site" / f"{page}.html").is_file()


def test_the_contracts_that_the_architecture_names_exist() -> None:
    page = (DOCS / "internals" / "architecture.md").read_text(encoding="utf-8")
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}
    named = set(re.findall(r'contract "([^"]+)"', page))
    assert named and named <= contracts
