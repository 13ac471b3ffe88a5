"""Files that hold secrets by their names, and the index, which no secret reaches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dovetail_context.index.extraction.build import is_wanted
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.workspace.exclude import excluded_name
from dovetail_context.workspace.scan import is_excluded, scan
from tests.planted import Planted, planted

PLANTED = {one.kind: one for one in planted()}
SECRET_NAMES = [
    ".env",
    ".env.local",
    ".ENV",
    "prod.env",
    ".envrc",
    "server.pem",
    "tls.key",
    "cert.p12",
    "store.jks",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa.bak",
    "credentials",
    "credentials.json",
    "aws-credentials.ini",
    "secrets.yml",
    "app-secrets.yaml",
    "secrets.ts",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".htpasswd",
    "terraform.tfvars",
    "state.tfstate",
    "kubeconfig",
    "service-account-prod.json",
    "client_secret_12.json",
    "local.settings.json",
    "key.properties",
    "vault_pass.txt",
    "backup.kdbx",
    "login.ppk",
    "wp-config.php",
    ".env-prod",
    "env.local",
    "env.production",
    "passwords.txt",
    "apikey.txt",
    "api-keys.json",
    "prod_passwords.csv",
    "auth.json",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    "fish_history",
    "ConsoleHost_history.txt",
    ".kube/config",
    "home/.docker/config.json",
    ".ssh/work",
    "id_rsa~",
    "passwords.txt.bak",
]
OTHER_NAMES = [
    ".env.example",
    "prod.env.sample",
    "secrets.py",
    "credentials.rs",
    "environment.py",
    "keys.py",
    "keyboard.ts",
    "password_reset.go",
    "tokens.c",
    "secretsmanager.py",
    "test_credentials.py",
    "environments.java",
    "keystone.py",
    "passwords.py",
    "config",
    "config.json",
    "src/config",
    "docker/config.json",
    "history.py",
    "auth.ts",
    "tokens.json",
    "api_key.py",
    "env.ts",
    "env.test.ts",
    ".env-example",
    "private_key.rs",
    ".ssh/known_hosts",
    "environment.yml",
]


def test_files_that_hold_secrets_by_name() -> None:
    assert [name for name in SECRET_NAMES if excluded_name(name) != "may hold secrets"] == []
    assert [name for name in OTHER_NAMES if excluded_name(name) is not None] == []


@pytest.fixture
def leaky(tmp_path: Path) -> Iterator[WorkspaceIndex]:
    """Yield a workspace with a file for each kind of secret."""
    for number, one in enumerate(planted()):
        (tmp_path / f"m{number}.py").write_text(f"def f{number}(): ...\n\n\n{one.code}\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(f"[tool.x]\n{PLANTED['GitHub token'].code}\n", encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    yield index
    index.close()


def held(index: WorkspaceIndex) -> str:
    """Return all parts of the workspace's texts that a snapshot holds."""
    snapshot = index.snapshot
    texts = [f"{record.text}\n{record.symbols}\n{record.imports}" for record in snapshot.files.values()]
    return "\n".join([*texts, *snapshot.projects.values(), repr(index.last_report), *index.problems])


def leaked(text: str, of: tuple[Planted, ...] = planted()) -> list[str]:
    return [one.kind for one in of for secret in one.secrets if secret in text]


def test_no_secret_reaches_the_index_from_disk_or_from_a_buffer(leaky: WorkspaceIndex) -> None:
    leaky.build()
    assert len(leaky.snapshot.files) == len(PLANTED)
    assert leaked(held(leaky)) == []
    assert any(leaky.snapshot.words.id_of(secret) is not None for secret in ("f1", "value"))
    assert [s for one in planted() for s in one.secrets if leaky.snapshot.words.id_of(s) is not None] == []
    for number, one in enumerate(planted()):
        leaky.set_overlay(f"m{number}.py", f"x = 1\n{one.code}\n")
        leaky.set_overlay(f"new{number}.py", one.code)
    assert len(leaky.snapshot.files) == 2 * len(PLANTED)
    assert leaked(held(leaky)) == []


def test_open_buffers_of_files_that_are_not_read_are_no_context(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("private.py\n/build/\n", encoding="utf-8")
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "private.py").write_text("y = 1\n", encoding="utf-8")
    index = WorkspaceIndex(tmp_path)
    index.build()
    for path in ("private.py", "build/out.py", ".env", "deep/id_rsa", "node_modules/m/i.js", "a.py", "new.py"):
        index.set_overlay(path, "def opened(): ...\n")
    assert set(index.snapshot.files) == {"a.py", "new.py"}
    (tmp_path / ".gitignore").write_text("new.py\n", encoding="utf-8")
    index.apply([".gitignore"])
    assert set(index.snapshot.files) == {"a.py", "private.py"}
    index.set_overlay("private.py", "def opened(): ...\n")
    assert [symbol.name for symbol in index.snapshot.files["private.py"].symbols] == ["opened"]
    index.close()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_shows_nothing_that_its_target_would_not(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "vault").mkdir(parents=True)
    (root / "private").mkdir()
    (tmp_path / "outside.py").write_text("x = 1\n", encoding="utf-8")
    (root / ".gitignore").write_text("/private/\n", encoding="utf-8")
    (root / ".env").write_text("x = 1\n", encoding="utf-8")
    (root / "private" / "p.py").write_text("x = 1\n", encoding="utf-8")
    (root / "real.py").write_text("x = 1\n", encoding="utf-8")
    for name, target in {
        "env.py": ".env",
        "p.py": "private/p.py",
        "out.py": "../outside.py",
        "good.py": "real.py",
        "open": "private",
    }.items():
        (root / name).symlink_to(target)
    assert [file.path for file in scan(root, is_wanted).files] == ["good.py", "real.py"]
    for path in ("env.py", "p.py", "out.py", "open/p.py"):
        assert is_excluded(root, path) is not None, path
    index = WorkspaceIndex(root)
    index.build()
    index.set_overlay("env.py", "def opened(): ...\n")
    index.set_overlay("open/p.py", "def opened(): ...\n")
    assert set(index.snapshot.files) == {"good.py", "real.py"}
    index.close()
