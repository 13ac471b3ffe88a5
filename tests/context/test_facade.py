"""The facade of context/: its names, where they come from, and that the contract guards every other module."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import dovetail_context
from dovetail_context import api

PACKAGE = Path(dovetail_context.__file__).parent
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_every_name_of_the_api_is_found():
    for name in api.__all__:
        assert getattr(api, name) is not None


def test_type_checkers_and_the_interpreter_see_the_same_names():
    tree = ast.parse(Path(api.__file__).read_text(encoding="utf-8"))
    declared = {
        (node.module.removeprefix("dovetail_context."), name.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("dovetail_context.")
        for name in node.names
    }
    loaded = {(module, name) for module, names in api._MODULES.items() for name in names.split()}
    assert declared == loaded
    assert sorted(name for _, name in declared) == sorted(api.__all__)


def test_an_unknown_name_raises_an_attribute_error():
    assert not hasattr(api, "no_such_name")


def test_finding_the_root_loads_no_parser():
    code = (
        "import sys\nfrom dovetail_context.api import find_root\n"
        "assert not {'tree_sitter', 'numpy', 'watchdog'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_contract_guards_every_module_but_the_api():
    contracts = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (guarded,) = (each["forbidden_modules"] for each in contracts if "dovetail_context.api only" in each["name"])
    entries = [entry for entry in PACKAGE.iterdir() if entry.suffix in ("", ".py") and not entry.name.startswith("_")]
    modules = {f"dovetail_context.{entry.stem}" for entry in entries}
    assert set(guarded) == modules - {"dovetail_context.api"}
