"""Certificates and the keyring: how a server proves its identity, and which credentials are sent to it."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from dovetail_models.engine.job import CompletionJob
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.remote import token
from dovetail_models.remote.faults import RemoteFault
from tests.models.remote.fake_server import FakeServer

from_keyring = token._from_keyring  # before a fixture puts something else in its place

NewEngine = Callable[..., Any]
JOB = CompletionJob(PromptParts((), "a.py", "x = ", "\n"), document="a.py")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `key.pem` and a self-signed certificate for 127.0.0.1, `ca.pem`."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the program openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "ca.pem")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


@pytest_asyncio.fixture
async def secure(certificate: Path) -> AsyncIterator[FakeServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "ca.pem", certificate / "key.pem")
    server = FakeServer()
    await server.start(tls=context)
    yield server
    await server.stop()


async def test_a_certificate_of_an_own_authority(secure: FakeServer, certificate: Path, new_engine: NewEngine) -> None:
    engine = new_engine(secure, ca_file=certificate / "ca.pem")
    assert (await engine.complete(JOB)).text == secure.text


async def test_a_certificate_that_nobody_vouches_for(secure: FakeServer, new_engine: NewEngine) -> None:
    with pytest.raises(RemoteFault, match="a certificate that is not trusted") as caught:
        await new_engine(secure).complete(JOB)
    assert caught.value.kind == "tls" and str(caught.value).endswith("in [remote] ca_file")
    assert secure.requests == []


async def test_a_server_without_tls(server: FakeServer, new_engine: NewEngine) -> None:
    server.url = server.url.replace("http:", "https:")
    with pytest.raises(RemoteFault) as caught:
        await new_engine(server).complete(JOB)
    assert caught.value.kind in ("tls", "unreachable")
    assert server.requests == []


async def test_a_file_without_certificates(server: FakeServer, new_engine: NewEngine, tmp_path: Path) -> None:
    server.url = server.url.replace("http:", "https:")
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for file in (empty, tmp_path / "missing.pem"):
        with pytest.raises(EngineError, match=r"\[remote\] ca_file .* cannot be used .*: name a PEM file"):
            new_engine(server, ca_file=file)


def test_the_keyring_is_asked_for_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring", reason="needs the extra dovetail[keyring]")
    asked: list[tuple[str, str]] = []

    def get_password(service: str, name: str) -> str | None:
        asked.append((service, name))
        return "sk-1\n" if name == "gpu.example:8080" else None

    monkeypatch.setattr(keyring, "get_password", get_password)
    monkeypatch.setattr(token, "_from_keyring", from_keyring)
    monkeypatch.delenv(token.TOKEN_VARIABLE, raising=False)
    assert token.find_token("gpu.example:8080") == "sk-1" and token.find_token("other") == ""
    assert asked == [("dovetail", "gpu.example:8080"), ("dovetail", "other")]
    monkeypatch.setenv(token.TOKEN_VARIABLE, "sk-2")
    assert token.find_token("gpu.example:8080") == "sk-2" and len(asked) == 2


@pytest.mark.parametrize(("error", "found"), [("NoKeyringError", ""), ("KeyringLocked", None)])
def test_a_keyring_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, error: str, found: str | None) -> None:
    keyring = pytest.importorskip("keyring", reason="needs the extra dovetail[keyring]")

    def get_password(_service: str, _name: str) -> str | None:
        raise getattr(keyring.errors, error)

    monkeypatch.setattr(keyring, "get_password", get_password)
    if found is None:
        with pytest.raises(EngineError, match="unlock it, or set DOVETAIL_REMOTE_TOKEN"):
            from_keyring("gpu.example")
    else:
        assert from_keyring("gpu.example") == found
