"""`dovetail models` as a process, against a hub on the loopback interface."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from dovetail import user_config
from dovetail.settings import SettingsError, load_settings, user_config_path
from dovetail.user_config import set_model
from dovetail_models.files import resolve_model
from tests.models.download.loopback_hub import Fault, LoopbackHub

NAME = "granite-code-3b"  # states no SHA-256, and its file's name is known
FILE = "granite-3b-code-base.Q4_K_M.gguf"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LoopbackHub]:
    """Yield a hub that has the starter model under any name; processes of this test find it."""
    with LoopbackHub(resolve_model(None).path.read_bytes()).running() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)
        yield running


@pytest.fixture
def folder(user_folders: Path) -> Path:
    return user_folders / "data" / "models"


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-E", "-P", "-m", "dovetail", "models", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")


def models(*arguments: str, status: int = 0) -> tuple[str, str]:
    """Run the real program; a traceback is never right."""
    process = start(*arguments)
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err
    assert process.returncode == status, err
    return out, err


def failure(*arguments: str, status: int = 1) -> str:
    """Run the command, expect a failure, and return the line that explains it."""
    _, err = models(*arguments, status=status)
    lines = [line for line in err.splitlines() if line.startswith("dovetail: ")]
    assert len(lines) == 1
    return lines[0]


def listed(name: str) -> dict[str, object]:
    rows = json.loads(models("list", "--json")[0])["models"]
    return next(row for row in rows if row["name"] == name)


def test_pull_list_use_verify_remove(hub: LoopbackHub, folder: Path) -> None:
    assert listed(NAME) | {"fits": None, "decode_ms": None, "recommended": None} == {
        "name": NAME,
        "installed": False,
        "in_use": False,
        "unfinished_percent": None,
        "path": None,
        "bytes": None,
        "fits": None,
        "decode_ms": None,
        "recommended": None,
        "licence": "Apache-2.0",
        "licence_limit": "",
        "context_tokens": 2048,
        "family": "granite-code",
        "repository": "ibm-granite/granite-3b-code-base-2k-GGUF",
        "verified": False,
    }
    assert f"run `dovetail models pull {NAME}`" in failure("use", NAME)
    out, _ = models("pull", NAME)
    assert str(folder / FILE) in out and f"dovetail models use {NAME}" in out
    agents = {request["user-agent"].split("; python")[0] for request in hub.metadata_requests}
    assert hub.other_requests == [] and agents == {
        f"dovetail/{version('dovetail')}; hf_hub/{version('huggingface_hub')}"
    }
    row = listed(NAME)
    assert (row["installed"], row["path"], row["in_use"]) == (True, str(folder / FILE), False)
    assert listed("starter")["in_use"]
    out, _ = models("use", NAME)
    assert "running servers switch" in out and load_settings().model == NAME
    assert listed(NAME)["in_use"] and not listed("starter")["in_use"]
    assert "in use now" in models("list")[0]
    assert "choose another" in failure("remove", NAME)
    assert "sound structure, and the SHA-256 of its first pull" in models("verify")[0]
    with (folder / FILE).open("r+b") as file:
        file.seek(-10, os.SEEK_END)
        file.write(b"bit rot")
    assert "SHA-256" in models("verify", NAME, status=1)[0]
    assert json.loads(models("verify", "--json", status=1)[0])["models"][0]["ok"] is False
    models("remove", NAME, "--force")
    assert not (folder / FILE).exists()
    models("use", "starter")
    assert load_settings().model == "starter"


def test_a_licence_that_limits_is_reported_before_the_pull(hub: LoopbackHub) -> None:
    _, err = models("pull", "codegemma-2b")
    assert err.startswith("codegemma-2b: licence Gemma. Commercial use is allowed; the Gemma Terms")


def test_the_catalogues_hash_is_held(hub: LoopbackHub, folder: Path) -> None:
    assert "another SHA-256 than the catalogue states" in failure("pull", "deepseek-coder-1.3b")
    assert not list(folder.glob("*.gguf*"))


def test_errors_are_one_line(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "did you mean starcoder2-7b" in failure("pull", "starcoder-7b", status=2)
    hub.metadata_faults.append(Fault(404))
    assert "renamed or removed" in failure("pull", NAME)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in failure("pull", NAME)
    assert "is part of Dovetail" in failure("remove", "starter", status=2)
    assert "not installed" in failure("verify", NAME)
    assert "does not exist" in failure("use", "none.gguf")


@pytest.mark.long(keep=1)
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is a signal of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_pull_says_that_the_next_goes_on(hub: LoopbackHub, folder: Path, number: int) -> None:
    hub.faults.append(Fault(cut_after=1_000_000, silent_s=20))
    with start("pull", NAME) as process:
        part = folder / f"{FILE}.part"
        while not part.exists() or part.stat().st_size < 900_000:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    stopped = rf"stopped at 2\d %: `dovetail models pull {NAME}` goes on from there"
    assert re.fullmatch(stopped, err.splitlines()[-1])
    assert "no model is called" not in failure("use", NAME)
    hub.faults.clear()
    models("pull", NAME)
    assert (folder / FILE).read_bytes() == hub.content
    assert hub.bytes_sent - len(hub.content) <= 100_000  # what was in the sockets


@pytest.mark.long
def test_an_unfinished_download_can_be_removed(hub: LoopbackHub, folder: Path) -> None:
    name = "seed-coder-8b"  # Only the hub knows its file.
    hub.files = ["Some.Q4_K_M.gguf"]
    hub.faults.extend([Fault(cut_after=2_000_000), Fault(429, {"Retry-After": "3600"})])
    assert "429" in failure("pull", name)
    assert (folder / "Some.Q4_K_M.gguf.part").exists()
    row = listed(name)
    assert (row["installed"], row["unfinished_percent"], row["bytes"]) == (False, 52, len(hub.content))
    assert "52 %" in models("list")[0]
    assert "unfinished download" in models("remove", name)[0]
    assert list(folder.glob("*")) == []


@pytest.mark.long
def test_import_and_use_of_a_file(tmp_path: Path, folder: Path) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(resolve_model(None).path.read_bytes())
    assert "dovetail models use mine" in models("import", str(mine))[0]
    models("use", "mine")
    assert load_settings().model == "mine"
    assert "SHA-256 of its first import" in models("verify")[0]
    models("use", str(mine))
    assert load_settings().model == str(mine)
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(mine.read_bytes()[:2_000_000])
    assert "truncated" in failure("import", str(cut))
    assert "truncated" in failure("use", str(cut))
    assert load_settings().model == str(mine)


def test_use_keeps_comments_and_everything_else(user_folders: Path) -> None:
    path = user_config_path()
    path.parent.mkdir(parents=True)
    before = "# mine\nthreads = 3  # of 8\nmodel = 'old'   # slow\n\n[enable]\n\"*\" = true\npython = false\n"
    path.write_text(before, encoding="utf-8-sig")
    set_model("new")
    assert path.read_text(encoding="utf-8") == before.replace("'old'", '"new"')
    path.write_text("[enable]\npython = false\n")
    set_model("new")
    assert load_settings().model == "new" and not load_settings().enable.allow("python")


def test_a_broken_or_linked_file(user_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = user_config_path()
    path.parent.mkdir(parents=True)
    path.write_text("model = ")
    with pytest.raises(SettingsError, match="correct or remove it"):
        set_model("new")
    assert path.read_text() == "model = "
    path.unlink()
    real = tmp_path / "dotfiles.toml"
    real.write_text("threads = 2\n")
    real.chmod(0o600)
    try:
        path.symlink_to(real)
    except OSError:
        pytest.skip("this system allows no links")
    set_model("new")
    assert path.is_symlink() and "new" in real.read_text() and real.stat().st_mode & 0o777 == 0o600

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(user_config.os, "fsync", full)
    with pytest.raises(SettingsError, match="cannot be written"):
        set_model("newer")
    assert "newer" not in real.read_text() and sorted(each.name for each in tmp_path.glob("*.toml")) == [real.name]
