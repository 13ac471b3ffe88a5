"""The server ends with its editor, however its event loop is stuck at that moment. Real processes, killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.lsp.client import framed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="forks, pipes and SIGKILL")

# It takes about two seconds; this is for a machine that does ten other things. Without a lifeline it never ends.
PATIENCE_S = 60

STUCK = {
    "at work": "return None",
    "in Python": "while True: pass",
    "in the system": "open(sys.argv[-1], 'rb').read()",
    "without the interpreter's lock": "re.match('(a+)+$', 'a' * 60 + 'b')",
}

SERVER = """
import re, sys
from dovetail.server.handlers.extensions import document_state
def stuck(ls, params):
    sys.stderr.write("stuck\\n")
    sys.stderr.flush()
    {stuck}
document_state.document_state = stuck
from dovetail.cli.main import main
sys.exit(main(["serve"]))
"""

EDITOR = """
import subprocess, sys, time
server = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdin=int(sys.argv[3]))
print(server.pid, flush=True)
time.sleep(1000)
"""


@dataclass
class Started:
    """An editor that has started a server, and the end of the pipe to the server's standard input."""

    editor: subprocess.Popen[bytes]
    server: psutil.Process
    writing: int

    def send(self, **message: object) -> None:
        os.write(self.writing, framed(json.dumps({"jsonrpc": "2.0", **message}).encode()))

    def family(self) -> list[psutil.Process]:
        return [self.server, *self.server.children(recursive=True)]

    def close_input(self) -> None:
        if self.writing >= 0:
            os.close(self.writing)
        self.writing = -1


@pytest.fixture
def start(tmp_path: Path) -> Iterator[object]:
    started: list[Started] = []

    def run(stuck: str, *, process_id: object = "the editor's") -> Started:
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        reading, writing = os.pipe()
        code = SERVER.format(stuck=STUCK[stuck])
        editor = subprocess.Popen(
            (sys.executable, "-c", EDITOR, code, str(fifo), str(reading)),
            pass_fds=(reading,),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        os.close(reading)
        assert editor.stdout is not None and editor.stderr is not None
        new = Started(editor, psutil.Process(int(editor.stdout.readline())), writing)
        started.append(new)
        named = editor.pid if process_id == "the editor's" else process_id
        new.send(id=1, method="initialize", params={"processId": named, "capabilities": {}})
        new.send(method="initialized", params={})
        new.send(id=2, method="dovetail/documentState", params={"textDocument": {"uri": "untitled:a"}})
        if named == editor.pid or named is None:
            while (line := editor.stderr.readline()) != b"stuck\n":
                assert line, "the server has left"
        return new

    yield run
    for one in started:
        one.close_input()
        with suppress(psutil.Error):
            one.server.kill()
        one.editor.kill()
        one.editor.communicate()


def ended(processes: list[psutil.Process]) -> bool:
    give_up = time.monotonic() + PATIENCE_S
    while not all(map(is_over, processes)):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True


def is_over(process: psutil.Process) -> bool:
    """A zombie process counts as ended."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("stuck", STUCK)
def test_the_server_ends_when_its_editor_is_killed(start: object, stuck: str) -> None:
    """Standard input stays open: another process holds it."""
    new = start(stuck)
    family = new.family()
    new.editor.send_signal(signal.SIGKILL)
    new.editor.wait()
    assert ended(family)


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("stuck", STUCK)
def test_the_server_ends_when_its_input_does(start: object, stuck: str) -> None:
    new = start(stuck)
    family = new.family()
    new.close_input()
    assert ended(family)


def test_the_process_that_started_the_server_counts_where_no_editor_is_named(start: object) -> None:
    new = start("at work", process_id=None)
    family = new.family()
    new.editor.send_signal(signal.SIGKILL)
    new.editor.wait()
    assert ended(family)


def test_an_editor_that_is_dead_already(start: object) -> None:
    dead = subprocess.Popen((sys.executable, "-c", ""))
    dead.wait()
    new = start("at work", process_id=dead.pid)
    assert ended([new.server])


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("process_id", [0, -1, 2**40, "x", 1.5])
def test_what_is_no_process_is_not_waited_for(start: object, process_id: object) -> None:
    new = start("at work", process_id=process_id)
    assert new.editor.stderr is not None
    while (line := new.editor.stderr.readline()) != b"stuck\n":
        assert line, "the server has left"
    assert new.server.is_running()


def test_a_server_without_its_guard_ends_too(start: object) -> None:
    new = start("in Python")
    for guard in new.server.children():
        guard.kill()
    new.close_input()
    assert ended([new.server])


def test_no_guard_outlives_a_killed_server(start: object) -> None:
    new = start("at work")
    guards = new.server.children()
    assert guards
    new.server.kill()
    assert ended(guards)
