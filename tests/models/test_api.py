"""The facade: every name is there, and importing it, or the server, loads nothing heavy."""

import subprocess
import sys

import pytest

from dovetail_models import api

# Packages that take tenths of a second to import, and that a server on this machine may never need.
HEAVY = ("huggingface_hub", "httpx2", "llama_cpp", "numpy")


def loaded_after(statement: str) -> list[str]:
    """Return which heavy packages a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.split()


@pytest.mark.parametrize("name", api.__all__)
def test_each_public_name_is_there(name: str) -> None:
    assert getattr(api, name) is getattr(api, name)


def test_each_name_is_listed_once() -> None:
    assert len(api.__all__) == len(set(api.__all__))
    assert set(api.__all__) == set(api._MODULES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = api.no_such_name  # type: ignore[attr-defined]


def test_importing_the_facade_loads_nothing_heavy() -> None:
    assert loaded_after("import dovetail_models.api") == []


def test_what_completions_on_this_machine_need_loads_nothing_heavy() -> None:
    names = "EngineClient, EngineOptions, CompletionJob, EngineStatus, PromptParts, latency_budget, resolve_model"
    assert loaded_after(f"from dovetail_models.api import {names}") == []


def test_this_test_would_notice_a_heavy_import() -> None:
    assert "httpx2" in loaded_after("from dovetail_models.api import RemoteEngine")
