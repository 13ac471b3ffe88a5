"""Replace the installed build with a wheel on disk: keep the old files, install, try, judge; otherwise roll back.

Once the journal is written, `replace` ends either with a build that was judged good or with the previous files. If
this process is killed in between, the next run's `repair` rolls back.
"""

import dataclasses
import importlib.metadata
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from dovetail_models.backend.choice import Backend
from dovetail_models.backend.drivers.machine import Version
from dovetail_models.backend.errors import BackendError
from dovetail_models.backend.install import journal
from dovetail_models.backend.install.environment import (
    Environment,
    installed,
    keep,
    put_back,
    remove,
    remove_metadata,
    set_aside,
    wheel_files,
)
from dovetail_models.backend.install.installers import Installer
from dovetail_models.backend.install.journal import Journal
from dovetail_models.backend.trial.report import Failure, Trial
from dovetail_models.backend.trial.verify import judge
from dovetail_models.engine.runtime import nvidia_libraries

OnStep = Callable[[str], None]
"""Called with what happens next, for people."""


Uninstall = Callable[[Sequence[str]], None]
"""Uninstalls distributions; called only where NVIDIA's libraries were added."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is to be installed."""

    wheel: Path
    backend: Backend
    cuda: Version | None = None
    """The CUDA version that the wheel was built with; None for other backends."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    objection: str
    """Why the build from before was put back; "" if the new one stays."""

    after: Trial
    """How the new build did."""


def replace(
    environment: Environment,
    replacement: Replacement,
    installer: Installer,
    before: Trial | None,
    try_build: Callable[[], Trial],
    on_step: OnStep,
) -> Outcome:
    """Install a build and keep it if it is good. Raises BackendError or OSError with the environment as before."""
    if journal.read(environment.state) is not None:
        raise BackendError("an earlier replacement did not finish: run `dovetail backend`, which undoes it")
    old = installed(environment.site)
    files = old.files if old else ()
    on_step("keeping the installed build")
    keep(environment.site, files, environment.kept)
    entry = Journal(old.version if old else "", files, wheel_files(replacement.wheel), set_aside(environment.site))
    journal.write(environment.state, entry)
    try:
        on_step(f"installing with {installer.name}")
        installer.install(replacement.wheel)
        on_step("trying the new build")
        after = try_build()
        if isinstance(after, Failure) and replacement.cuda and nvidia_libraries.is_missing(after.reason):
            entry = _add_cuda_libraries(environment, entry, installer, replacement.cuda, on_step)
            on_step("trying the new build")
            after = try_build()
        objection = judge(replacement.backend, before, after)
    except BaseException:
        roll_back(environment, journal.read(environment.state) or entry, installer.remove)
        raise
    if objection:
        on_step("putting back the build from before")
        roll_back(environment, entry, installer.remove)
    else:
        journal.clear(environment.state)
        clean(environment)
    return Outcome(objection, after)


def repair(environment: Environment, uninstall: Uninstall) -> str | None:
    """Undo a replacement that did not finish; return the version that is back ("" for none), None if there was none.

    Raises BackendError or OSError if that is not possible.
    """
    entry = journal.read(environment.state)
    if entry is None:
        return None
    roll_back(environment, entry, uninstall)
    return entry.version


def roll_back(environment: Environment, entry: Journal, uninstall: Uninstall) -> None:
    """Make the environment what it was when the journal was written; may be repeated.

    Raises BackendError or OSError.
    """
    site = environment.site
    if missing := [name for name in entry.kept if not (environment.kept / name).exists()]:
        raise BackendError(f"the kept build is incomplete ({missing[0]}): install Dovetail again")
    new = installed_files(site)
    remove(site, {*entry.new, *new})
    remove_metadata(site)
    for name in set(set_aside(site)) - set(entry.aside):
        _remove_tree(site / name)
    put_back(environment.kept, entry.kept, site)
    if entry.added:
        uninstall(entry.added)
    journal.clear(environment.state)
    clean(environment)


def clean(environment: Environment) -> None:
    """Remove kept and staged files: they are needed no more."""
    for folder in (environment.kept, environment.staged):
        shutil.rmtree(folder, ignore_errors=True)


def installed_files(site: Path) -> tuple[str, ...]:
    """Return the files of whatever llama-cpp-python is installed; none where an interrupted tool left no record."""
    try:
        found = installed(site)
    except BackendError:
        return ()
    return found.files if found else ()


def _add_cuda_libraries(
    environment: Environment, entry: Journal, installer: Installer, cuda: Version, on_step: OnStep
) -> Journal:
    """Install NVIDIA's libraries, and note those that were not there, so that a roll-back removes them."""
    requirements = nvidia_libraries.packages(cuda)
    before = distributions(environment.site)
    on_step("installing NVIDIA's CUDA libraries (0.5 to 1 GB)")
    planned = tuple(name for name in nvidia_libraries.names(requirements) if name not in before)
    journal.write(environment.state, dataclasses.replace(entry, added=planned))
    try:
        installer.add(requirements)
    finally:
        new = distributions(environment.site) - before  # Those that these depend on are among them.
        entry = dataclasses.replace(entry, added=tuple(sorted(new)))
        journal.write(environment.state, entry)
    return entry


def distributions(site: Path) -> frozenset[str]:
    """Return the normalized names of all distributions in a folder."""
    found = importlib.metadata.distributions(path=[str(site)])
    return frozenset(canonicalize_name(each.metadata["Name"]) for each in found)


def _remove_tree(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
