"""No prompt that is sent after a file came to be excluded holds text of it, whichever way it was excluded.

Random sequences of edits, requests and exclusions; the engine looks at every prompt in the moment in which it is sent.
`DOVETAIL_SEQUENCES` sets how many sequences are tried.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from dovetail.completion.engine import BeforeSending, Engine, Enough
from dovetail.rules.source import Problem
from dovetail.session.inference.engine import MakeEngine, make_engine
from dovetail.session.pause import Pauses
from dovetail.session.session import Session
from dovetail.settings import Settings
from dovetail.text.document import Document, Edit, Position
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.status import EngineStatus
from tests.lsp.scripted import ScriptedEngine

SEQUENCES = int(os.environ.get("DOVETAIL_SEQUENCES", "60"))
STEPS = 14
FILES = ("pkg/alpha.py", "pkg/beta.py", "pkg/deep/gamma.py", "delta.py", "notes.txt")


def marker_of(path: str) -> str:
    return f"Marker{path.rpartition('/')[2].partition('.')[0].capitalize()}Xq"


class SlowEngine(ScriptedEngine):
    """Answers after a while."""

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        self.delay_s = random.choice((0.0, 0.001, 0.01))
        return await super().complete(job, enough, before_sending)


class WatchedEngine:
    """Record every prompt that contains, in any part, a marker of a file that is excluded when it is sent."""

    def __init__(self, engine: Engine, excluded: dict[str, str]) -> None:
        self.engine = engine
        self.excluded = excluded
        self.leaks: list[str] = []
        self.with_context = 0

    async def ensure_ready(self) -> EngineStatus:
        return await self.engine.ensure_ready()

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None:
        await self.engine.keep(may_be_kept)

    async def close(self) -> None:
        await self.engine.close()

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        blocks = " ".join(block.text for block in job.parts.context)
        self.with_context += "Marker" in blocks
        sent = " ".join((blocks, job.parts.prefix, job.parts.suffix, job.parts.forced, *job.names, *job.lookup))
        for path, how in self.excluded.items():
            if marker_of(path) in sent:
                self.leaks.append(f"{path} after {how}, priority {job.priority}")
        return await self.engine.complete(job, enough, before_sending)


class Events:
    """Receive every event and ignore it."""

    def trouble(self, message: str) -> None: ...
    def engine_status(self, status: EngineStatus) -> None: ...
    def index_started(self, root: Path) -> None: ...
    def index_progress(self, root: Path, done: int, total: int) -> None: ...
    def index_ready(self, root: Path) -> None: ...
    def rules_checked(self, uri: str, text: str, problems: Iterable[Problem]) -> None: ...
    def paused(self, pauses: Pauses) -> None: ...
    def busy(self, requests: int) -> None: ...


class Sequence:
    """A project, a session in it, and the steps that a seed leads to."""

    def __init__(self, root: Path, seed: int, make: MakeEngine) -> None:
        self.root = root
        self.make = make
        self.random = random.Random(seed)
        self.excluded: dict[str, str] = {}
        self.engine: WatchedEngine | None = None
        self.asking: list[asyncio.Task[object]] = []
        self.uri = (root / "main.py").as_uri()
        self.line = 0
        self.steps: list[str] = []
        for path in FILES:
            marker = marker_of(path)
            text = f"class {marker}:\n    def get{marker}(self) -> int: ...\n\n\ndef make{marker}() -> {marker}: ...\n"
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        (root / ".git").mkdir()
        (root / ".dovetail.toml").write_text('pins = ["notes.txt"]\n', encoding="utf-8")
        imports = "".join(f"from {path[:-3].replace('/', '.')} import *\n" for path in FILES if path.endswith(".py"))
        # The names in the document itself are its own text; those of the files are spelled differently in it.
        (root / "main.py").write_text(f"{imports}import pkg.alpha, pkg.beta, delta\n\nx = delta.\n", encoding="utf-8")

    async def run(self) -> WatchedEngine:
        """Take all steps. The engine, and what it was sent."""

        def make(settings: Settings, on_status: Callable[[EngineStatus], None] | None) -> Engine:
            self.engine = WatchedEngine(self.make(settings, on_status), self.excluded)
            return self.engine

        session = Session(make, Events())
        session.configure()
        session.projects.configure_rules({}, trusted=True)
        try:
            session.projects.open(self.root)
            await self.opened(session)
            session.open_document(Document.of(self.uri, "python", 0, self.text), self.root / "main.py")
            for step in range(STEPS):
                await self.step(session, step)
            await asyncio.gather(*self.asking)
        finally:
            await session.close()
        assert self.engine is not None
        return self.engine

    @property
    def text(self) -> str:
        return (self.root / "main.py").read_text(encoding="utf-8")

    async def opened(self, session: Session) -> None:
        for workspace in session.projects.workspaces.all():
            while not (workspace.is_ready and workspace.index.snapshot.complete):  # noqa: ASYNC110
                await asyncio.sleep(0.002)

    async def step(self, session: Session, number: int) -> None:
        choices = [self.type, self.ask, self.ask, self.ask, self.ask_and_go_on, self.rest]
        if number > 2:
            choices += [
                *(self.ignore, self.ignore_deeper, self.exclude_by_repository, self.exclude_by_rule),
                *(self.rename_to_secret, self.delete, self.close_folder, self.withdraw_trust, self.reopen_document),
            ]
        chosen = self.random.choice(choices)
        self.steps.append(chosen.__name__)
        outcome = chosen(session)
        if outcome is not None:
            await outcome

    def type(self, session: Session) -> None:
        if self.uri in session.opened:
            document = session.opened[self.uri].document
            end = Position(document.text.count("\n"), len(document.text.rpartition("\n")[2]))
            written = self.random.choice(("a", "make", "delta.", "\n", "y = pkg.alpha.", "z = make"))
            session.change_document(self.uri, [Edit(written, end, end)], document.version + 1)

    async def ask(self, session: Session) -> None:
        if self.uri in session.opened:
            trigger = self.random.choice(("automatic", "invoked"))
            await session.complete(self.uri, len(session.opened[self.uri].document.text), trigger)

    def ask_and_go_on(self, session: Session) -> None:
        self.asking.append(asyncio.create_task(self.ask(session)))

    async def rest(self, session: Session) -> None:
        await asyncio.sleep(self.random.choice((0.0, 0.001, 0.03, 0.12)))

    def ignore(self, session: Session) -> None:
        path = self.random.choice(FILES)
        with (self.root / ".gitignore").open("a", encoding="utf-8") as file:
            file.write(f"/{path}\n")
        self.excluded[path] = ".gitignore"

    def ignore_deeper(self, session: Session) -> None:
        with (self.root / "pkg" / ".gitignore").open("a", encoding="utf-8") as file:
            file.write("deep/\n")
        self.excluded["pkg/deep/gamma.py"] = ".gitignore of a folder"

    def exclude_by_repository(self, session: Session) -> None:
        (self.root / ".git" / "info").mkdir(exist_ok=True)
        (self.root / ".git" / "info" / "exclude").write_text("delta.py\n", encoding="utf-8")
        self.excluded["delta.py"] = "info/exclude"

    def exclude_by_rule(self, session: Session) -> None:
        path = self.random.choice(FILES)
        rules = self.root / ".dovetail.toml"
        lines = [line for line in rules.read_text(encoding="utf-8").splitlines() if not line.startswith("exclude")]
        known = [path for path, how in self.excluded.items() if how == "a rule"]
        rules.write_text("\n".join([*lines, f"exclude = {[*known, path]!r}".replace("'", '"')]), encoding="utf-8")
        self.excluded[path] = "a rule"

    def rename_to_secret(self, session: Session) -> None:
        path = self.random.choice(FILES)
        if (self.root / path).is_file():
            (self.root / path).rename((self.root / path).with_name(f"{path.rpartition('/')[2]}.env"))
            self.excluded[path] = "a new name"

    def delete(self, session: Session) -> None:
        path = self.random.choice(FILES)
        (self.root / path).unlink(missing_ok=True)
        self.excluded[path] = "deletion"

    def close_folder(self, session: Session) -> None:
        session.projects.close(self.root)
        self.excluded.update(dict.fromkeys(FILES, "its folder was closed"))

    def withdraw_trust(self, session: Session) -> None:
        session.projects.trust(False)
        self.excluded["notes.txt"] = "trust was withdrawn"

    def reopen_document(self, session: Session) -> None:
        if any(how == "its folder was closed" for how in self.excluded.values()):
            return  # a document of a closed folder opens its project again
        session.close_document(self.uri)
        session.open_document(Document.of(self.uri, "python", 0, self.text), self.root / "main.py")


async def shown_in(seeds: Iterable[int], folder: Path, make: MakeEngine) -> int:
    """Return the number of prompts with text of other files in the sequences. Fail for the first leak."""
    shown = 0
    for seed in seeds:
        root = folder / f"project{seed}"
        root.mkdir()
        sequence = Sequence(root.resolve(), seed, make)
        engine = await sequence.run()
        assert not engine.leaks, (seed, sequence.steps, engine.leaks)
        shown += engine.with_context
        shutil.rmtree(root)
    return shown


def slow_engine(settings: Settings, on_status: Callable[[EngineStatus], None] | None) -> Engine:
    return SlowEngine("answer = 1")


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("batch", range(4))
async def test_no_prompt_holds_text_of_a_file_that_was_excluded_before(batch: int, tmp_path: Path) -> None:
    shown = await shown_in(range(batch, SEQUENCES, 4), tmp_path, slow_engine)
    assert shown > SEQUENCES / 8  # or the test would hold for an engine that is never shown anything


async def test_with_the_real_engine(tmp_path: Path) -> None:
    holder = make_engine(Settings(), None)  # keeps one host for all sequences
    await holder.ensure_ready()
    try:
        assert await shown_in(range(1000, 1000 + max(4, SEQUENCES // 10)), tmp_path, make_engine)
    finally:
        await holder.close()
