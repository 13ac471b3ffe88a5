"""`dovetail models`: which models there are, and how to get, choose, check and remove them."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from dovetail.cli.output import print_json
from dovetail.cli.reports.model_rows import Yardstick, model_lines, model_rows
from dovetail.cli.reports.pull_progress import HashBar, PullBar, PullLines
from dovetail.command_errors import CommandError, UsageError
from dovetail.session.inference.models import models_folder
from dovetail.settings import load_settings, user_model
from dovetail.user_config import set_model
from dovetail_models.api import (
    STARTER,
    CatalogEntry,
    FileLock,
    InstalledModel,
    ModelError,
    catalog,
    check_file,
    check_structure,
    detect_machine as detect,
    find_entry,
    find_installed,
    installed_models,
    multiplications_per_s,
    near_names,
    pin_path,
    read_bytes_per_s,
    read_pin,
    remove_part,
    resolve_model,
    running_hosts as running,
    unfinished_pulls,
)

INTERRUPTED = 130
"""The exit status after Ctrl-C."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        added.set_defaults(action=_ACTIONS[name])
        return added

    listing = action("list", "show the models that are known and those that are installed")
    listing.add_argument("--json", action="store_true", help="print a JSON object")
    pulling = action("pull", "download a model of the list, or go on with a download that was cut off")
    pulling.add_argument("name", metavar="NAME", help="a name of the list")
    pulling.add_argument("--accept-new", action="store_true", help="take a file that has changed since the first pull")
    pulling.add_argument("--json", action="store_true", help="print a JSON object a line while it works")
    using = action("use", "let an installed model, or a file, complete from now on")
    using.add_argument("name", metavar="NAME|FILE.gguf", help="an installed model, or a file")
    verifying = action("verify", "check hash and structure of one model, or of all that are installed")
    verifying.add_argument("name", metavar="NAME", nargs="?", help="an installed model (default: all of them)")
    verifying.add_argument("--json", action="store_true", help="print a JSON object")
    removing = action("remove", "delete a model's file, and what is left of an unfinished download")
    removing.add_argument("name", metavar="NAME", help="an installed model, or an unfinished download")
    removing.add_argument("--force", action="store_true", help="remove it also if it is in use")
    importing = action("import", "check a GGUF file and take it into the folder of models")
    importing.add_argument("file", metavar="FILE.gguf", help="a file with fill-in-the-middle tokens")


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.action(arguments))


def _list(arguments: argparse.Namespace) -> int:
    machine = detect()
    cores = machine.usable_cores
    yardstick = Yardstick(machine, read_bytes_per_s(cores), multiplications_per_s(cores))
    rows = model_rows(models_folder(), load_settings().model, yardstick)
    if arguments.json:
        print_json({"folder": str(models_folder()), "models": [asdict(row) for row in rows]})
    else:
        print("\n".join(model_lines(rows, models_folder())))
    return 0


def _pull(arguments: argparse.Namespace) -> int:
    import signal

    from dovetail_models.api import (
        HuggingFaceHub,  # takes a second to import
        Pull,
        run_pull,
    )

    entry = _entry(arguments.name)
    folder = models_folder()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM gets the same orderly end as Ctrl-C
    progress = PullLines(entry) if arguments.json else PullBar(entry)
    if not arguments.json and entry.licence_limit:
        print(f"{entry.name}: licence {entry.licence}. {entry.licence_limit}", file=sys.stderr)
    try:
        with progress:
            path = run_pull(Pull(entry, folder, HuggingFaceHub(), progress.report, accept_new=arguments.accept_new))
    except KeyboardInterrupt:
        where = f"at {progress.percent} %" if progress.percent else "before the first byte"
        print(f"stopped {where}: `dovetail models pull {entry.name}` goes on from there", file=sys.stderr)
        return INTERRUPTED
    if arguments.json:
        progress.finished(path)
    else:
        print(f"{entry.name} is in {path}: `dovetail models use {entry.name}` lets it complete")
    return 0


def _use(arguments: argparse.Namespace) -> int:
    from dovetail_models.api import check_fill_in_the_middle

    model = resolve_model(arguments.name, models_folder())
    is_file = find_installed(arguments.name, models_folder()) is None and not model.is_starter
    check_structure(model.path)
    check_fill_in_the_middle(model.path)
    before = user_model()
    path = set_model(str(model.path) if is_file else model.name)
    print(f"{path} now names {model.name}; running servers switch to it within seconds")
    if before != user_model():
        print("an editor that sets `model` itself keeps its own: remove the setting there to follow this file")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    found = [_installed(arguments.name)] if arguments.name else list(installed_models(models_folder()))
    results = [_verified(model, is_quiet=arguments.json) for model in found]
    if arguments.json:
        print_json({"models": results})
    else:
        for result in results:
            print(f"{result['name']}: {result['found']}")
        if not results:
            print("no model is installed: `dovetail models pull NAME` gets one, `dovetail models list` shows all")
    return 0 if all(result["ok"] for result in results) else 1


def _verified(model: InstalledModel, is_quiet: bool) -> dict[str, object]:
    """Return the row of `verify --json` for one model."""
    from dovetail_models.api import file_sha256

    result: dict[str, object] = {"name": model.name, "path": str(model.path), "ok": False, "sha256": None}
    again = "pull" if model.entry is not None else "import"
    try:
        check_file(model.path)
        check_structure(model.path)
        pin = read_pin(models_folder(), model.name)
        with HashBar(model.name, model.path.stat().st_size, is_quiet) as bar:
            found = result["sha256"] = file_sha256(model.path, bar.report)
    except ModelError as error:
        return {**result, "found": str(error)}
    except OSError as error:
        return {**result, "found": f"{model.path} cannot be read ({error.strerror}): check its permissions"}
    stated = model.entry.sha256 if model.entry is not None and model.entry.sha256 else pin.sha256 if pin else None
    if stated is None:
        return {**result, "ok": True, "found": "sound structure; no SHA-256 is known to compare with"}
    if stated != found:
        what = f"its SHA-256 is {found}, not {stated}: `dovetail models remove {model.name}` and {again} it again"
        return {**result, "found": what}
    where = "of the catalogue" if model.entry is not None and model.entry.sha256 else f"of its first {again}"
    return {**result, "ok": True, "found": f"sound structure, and the SHA-256 {where}"}


def _remove(arguments: argparse.Namespace) -> int:
    from dovetail_models.api import lock_path

    folder, entry = models_folder(), find_entry(arguments.name)
    if entry is None or not folder.is_dir():
        return _removed(arguments, folder, entry)
    lock = FileLock.take(lock_path(folder, entry.name))
    if lock is None:
        raise CommandError(f"{entry.name} is being pulled now: stop that first")
    try:
        return _removed(arguments, folder, entry)
    finally:
        lock.release()


def _removed(arguments: argparse.Namespace, folder: Path, entry: CatalogEntry | None) -> int:
    model = find_installed(arguments.name, folder)
    target, _ = unfinished_pulls(folder).get(entry.name, (None, None)) if entry is not None else (None, None)
    if model is None and entry is not None and target is not None and remove_part(target):
        print(f"removed the unfinished download of {entry.name}")
        return 0
    if model is None:
        model = _installed(arguments.name)
    if not arguments.force and (why := _use_of(model)):
        raise CommandError(f"{model.name} {why}: choose another with `dovetail models use`, or use --force")
    remove_part(model.path)
    model.path.unlink()
    if model.entry is None:
        pin_path(folder, model.name).unlink(missing_ok=True)
    print(f"removed {model.path}")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from dovetail_models.api import import_model

    source = Path(arguments.file)
    size = source.stat().st_size if source.is_file() else 0
    with HashBar(source.stem, size, is_quiet=False) as bar:
        name, path = import_model(source, models_folder(), bar.report)
    print(f"{name} is in {path}: `dovetail models use {name}` lets it complete")
    return 0


def _entry(name: str) -> CatalogEntry:
    """Return the row of that name. Raises UsageError that lists near ones."""
    entry = find_entry(name)
    if entry is None:
        near = near_names(name, tuple(entry.name for entry in catalog()))
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(f'no model of the list is called "{name}": {meant}`dovetail models list` shows all')
    return entry


def _installed(name: str) -> InstalledModel:
    """Return the installed model of that name. Raises CommandError where there is none."""
    model = find_installed(name, models_folder())
    if model is None:
        if name == STARTER:
            raise UsageError("the starter model is part of Dovetail: name a model that was pulled or imported")
        raise CommandError(str(_absence(name)))
    return model


def _absence(name: str) -> ModelError:
    try:
        found = resolve_model(name, models_folder())
    except ModelError as error:
        return error
    return ModelError(f"{found.path} is not in {models_folder()}: `dovetail models import` takes it there")


def _use_of(model: InstalledModel) -> str:
    """Return what uses a model now, "" if nothing does."""
    try:
        if resolve_model(load_settings().model, models_folder()).path.samefile(model.path):
            return "is the model that the settings name"
    except (ModelError, OSError):
        pass  # the settings name something that is not there
    for _, card in running():
        if Path(card.model).exists() and Path(card.model).samefile(model.path):
            return f"is loaded by process {card.pid}"
    return ""


_ACTIONS = {
    "list": _list,
    "pull": _pull,
    "use": _use,
    "verify": _verify,
    "remove": _remove,
    "import": _import,
}
