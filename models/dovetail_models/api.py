"""The package as the server and the command line see it: they import nothing else of this package.

A name loads its module on first use. Importing this module therefore loads neither llama.cpp nor numpy, neither a model
hub's client nor an HTTP library, and a server starts without what it does not use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dovetail_models.backend.choice import (
        BACKENDS as BACKENDS,
        Advice as Advice,
        Backend as Backend,
        Candidate as Candidate,
        advise as advise,
    )
    from dovetail_models.backend.drivers.detect import LocalProbes as LocalProbes, detect as detect_drivers
    from dovetail_models.backend.drivers.machine import Platform
    from dovetail_models.backend.install.compiling import (
        RECIPES as RECIPES,
        shell_line as shell_line,
        step_of as step_of,
    )
    from dovetail_models.backend.install.environment import (
        Environment as Environment,
        installed as installed_build,
        prepare as prepare_environment,
        running_environment as running_environment,
    )
    from dovetail_models.backend.install.installers import Installer as Installer, find_installer as find_installer
    from dovetail_models.backend.install.journal import exists as journal_exists
    from dovetail_models.backend.install.replace import (
        Outcome as Outcome,
        Replacement as Replacement,
        clean as clean_installation,
        repair as repair_installation,
        replace as replace_build,
    )
    from dovetail_models.backend.trial.practice_model import write_practice_model as write_practice_model
    from dovetail_models.backend.trial.report import BuildReport as BuildReport, Failure as Failure, Trial as Trial
    from dovetail_models.backend.trial.verify import run_trial as run_trial
    from dovetail_models.backend.wheels.fetch import fetch as fetch_wheel
    from dovetail_models.backend.wheels.find import Found as FoundWheel, find_wheel as find_wheel
    from dovetail_models.backend.wheels.index import index_address as index_address, read_links as read_links
    from dovetail_models.backend.wheels.wheel import PROJECT as LLAMA_CPP_PROJECT, Wheel as Wheel
    from dovetail_models.catalog.entry import CatalogEntry as CatalogEntry
    from dovetail_models.catalog.fit import fit_of as fit_of, recommendable as recommendable
    from dovetail_models.catalog.installed import (
        InstalledModel as InstalledModel,
        find_installed as find_installed,
        installed_models as installed_models,
    )
    from dovetail_models.catalog.pins import pin_path as pin_path, read_pin as read_pin
    from dovetail_models.catalog.read import catalog as catalog, find_entry as find_entry, near_names as near_names
    from dovetail_models.download.hub import HuggingFaceHub as HuggingFaceHub
    from dovetail_models.download.importing import (
        check_fill_in_the_middle as check_fill_in_the_middle,
        import_model as import_model,
    )
    from dovetail_models.download.journal import Journal as PullJournal
    from dovetail_models.download.part import remove_part as remove_part, unfinished_pulls as unfinished_pulls
    from dovetail_models.download.progress import PullProgress as PullProgress, shown_bytes as shown_bytes
    from dovetail_models.download.pull import Pull as Pull, lock_path as lock_path, run_pull as run_pull
    from dovetail_models.download.verify import file_sha256 as file_sha256
    from dovetail_models.engine.client.client import EngineClient as EngineClient
    from dovetail_models.engine.decoding.repetition import (
        is_significant as is_significant,
        line_loop as line_loop,
        loop_at_end as loop_at_end,
    )
    from dovetail_models.engine.host.sandbox import (
        Sandbox as Sandbox,
        confine as confine,
        readable_folders as readable_folders,
    )
    from dovetail_models.engine.ipc.handshake import asked_to_leave as asked_to_leave
    from dovetail_models.engine.ipc.registry import running as running_hosts
    from dovetail_models.engine.ipc.transport import (
        RUNTIME_FOLDER_VARIABLE as RUNTIME_FOLDER_VARIABLE,
        runtime_folder as runtime_folder,
    )
    from dovetail_models.engine.job import (
        CompletionJob as CompletionJob,
        CompletionReply as CompletionReply,
        Priority as Priority,
        TokenLogprob as TokenLogprob,
        tokens_within as tokens_within,
    )
    from dovetail_models.engine.kv.disk_store import forget as forget_stored_states
    from dovetail_models.engine.latency_budget import LatencyBudget as LatencyBudget, latency_budget as latency_budget
    from dovetail_models.engine.options import EngineOptions as EngineOptions
    from dovetail_models.engine.status import EngineStatus as EngineStatus
    from dovetail_models.errors import EngineDied as EngineDied, EngineError as EngineError, ModelError as ModelError
    from dovetail_models.file_lock import FileLock as FileLock
    from dovetail_models.files import (
        STARTER as STARTER,
        check_file as check_file,
        model_key as model_key,
        resolve_model as resolve_model,
    )
    from dovetail_models.hardware.choose import free_words as free_words, mib as mib
    from dovetail_models.hardware.estimate import SpeedEstimate as SpeedEstimate, speed_on_cpu as speed_on_cpu
    from dovetail_models.hardware.header import check_structure as check_structure, read_shape as read_shape
    from dovetail_models.hardware.machine import Machine as Machine, detect as detect_machine
    from dovetail_models.hardware.measure import (
        multiplications_per_s as multiplications_per_s,
        read_bytes_per_s as read_bytes_per_s,
    )
    from dovetail_models.hardware.memory import fits as fits_in_memory
    from dovetail_models.hardware.recommend import ModelRow as ModelRow, recommend as recommend, shortage as shortage
    from dovetail_models.prompt.parts import ContextBlock as ContextBlock, PromptParts as PromptParts
    from dovetail_models.prompt.segments import (
        CONTEXT_LABEL as CONTEXT_LABEL,
        FORCED_LABEL as FORCED_LABEL,
        PATH_LABEL as PATH_LABEL,
        PREFIX_LABEL as PREFIX_LABEL,
        REPOSITORY_LABEL as REPOSITORY_LABEL,
        SUFFIX_LABEL as SUFFIX_LABEL,
    )
    from dovetail_models.prompt.verbatim import Piece as Piece, VerbatimPrompt as VerbatimPrompt
    from dovetail_models.remote.engine import RemoteEngine as RemoteEngine
    from dovetail_models.remote.fallback import FallbackEngine as FallbackEngine
    from dovetail_models.remote.options import Dialect as Dialect, RemoteOptions as RemoteOptions
    from dovetail_models.remote.probe import Finding as Finding, probe as probe_server
    from dovetail_models.token_count import read_token_counter as read_token_counter

_MODULES = {
    # Errors. Each message is one line: what happened, and what to do next.
    "EngineDied": ("errors", "EngineDied"),
    "EngineError": ("errors", "EngineError"),
    "ModelError": ("errors", "ModelError"),
    # Completions: a job goes in, a reply comes out, on this machine or from a server.
    "EngineClient": ("engine.client.client", "EngineClient"),
    "CompletionJob": ("engine.job", "CompletionJob"),
    "CompletionReply": ("engine.job", "CompletionReply"),
    "Priority": ("engine.job", "Priority"),
    "EngineOptions": ("engine.options", "EngineOptions"),
    "EngineStatus": ("engine.status", "EngineStatus"),
    "LatencyBudget": ("engine.latency_budget", "LatencyBudget"),
    "latency_budget": ("engine.latency_budget", "latency_budget"),
    "RemoteEngine": ("remote.engine", "RemoteEngine"),
    "FallbackEngine": ("remote.fallback", "FallbackEngine"),
    "Dialect": ("remote.options", "Dialect"),
    "RemoteOptions": ("remote.options", "RemoteOptions"),
    "Finding": ("remote.probe", "Finding"),
    "probe_server": ("remote.probe", "probe"),
    # Prompts: their parts, the labels of their blocks, and text that repeats itself.
    "ContextBlock": ("prompt.parts", "ContextBlock"),
    "PromptParts": ("prompt.parts", "PromptParts"),
    "Piece": ("prompt.verbatim", "Piece"),
    "VerbatimPrompt": ("prompt.verbatim", "VerbatimPrompt"),
    "CONTEXT_LABEL": ("prompt.segments", "CONTEXT_LABEL"),
    "FORCED_LABEL": ("prompt.segments", "FORCED_LABEL"),
    "PATH_LABEL": ("prompt.segments", "PATH_LABEL"),
    "PREFIX_LABEL": ("prompt.segments", "PREFIX_LABEL"),
    "REPOSITORY_LABEL": ("prompt.segments", "REPOSITORY_LABEL"),
    "SUFFIX_LABEL": ("prompt.segments", "SUFFIX_LABEL"),
    "is_significant": ("engine.decoding.repetition", "is_significant"),
    "line_loop": ("engine.decoding.repetition", "line_loop"),
    "loop_at_end": ("engine.decoding.repetition", "loop_at_end"),
    # Hosts that run, the folder in which they are found, and states on disk.
    "running_hosts": ("engine.ipc.registry", "running"),
    "asked_to_leave": ("engine.ipc.handshake", "asked_to_leave"),
    "Sandbox": ("engine.host.sandbox", "Sandbox"),
    "confine": ("engine.host.sandbox", "confine"),
    "readable_folders": ("engine.host.sandbox", "readable_folders"),
    "RUNTIME_FOLDER_VARIABLE": ("engine.ipc.transport", "RUNTIME_FOLDER_VARIABLE"),
    "runtime_folder": ("engine.ipc.transport", "runtime_folder"),
    "FileLock": ("file_lock", "FileLock"),
    "forget_stored_states": ("engine.kv.disk_store", "forget"),
    # Model files: names, the catalogue, what is installed.
    "STARTER": ("files", "STARTER"),
    "check_file": ("files", "check_file"),
    "model_key": ("files", "model_key"),
    "resolve_model": ("files", "resolve_model"),
    "read_token_counter": ("token_count", "read_token_counter"),
    "CatalogEntry": ("catalog.entry", "CatalogEntry"),
    "catalog": ("catalog.read", "catalog"),
    "find_entry": ("catalog.read", "find_entry"),
    "near_names": ("catalog.read", "near_names"),
    "InstalledModel": ("catalog.installed", "InstalledModel"),
    "find_installed": ("catalog.installed", "find_installed"),
    "installed_models": ("catalog.installed", "installed_models"),
    "pin_path": ("catalog.pins", "pin_path"),
    "read_pin": ("catalog.pins", "read_pin"),
    "fit_of": ("catalog.fit", "fit_of"),
    "recommendable": ("catalog.fit", "recommendable"),
    # Downloads and imports of model files.
    "HuggingFaceHub": ("download.hub", "HuggingFaceHub"),
    "Pull": ("download.pull", "Pull"),
    "lock_path": ("download.pull", "lock_path"),
    "run_pull": ("download.pull", "run_pull"),
    "PullProgress": ("download.progress", "PullProgress"),
    "shown_bytes": ("download.progress", "shown_bytes"),
    "PullJournal": ("download.journal", "Journal"),
    "remove_part": ("download.part", "remove_part"),
    "unfinished_pulls": ("download.part", "unfinished_pulls"),
    "file_sha256": ("download.verify", "file_sha256"),
    "check_fill_in_the_middle": ("download.importing", "check_fill_in_the_middle"),
    "import_model": ("download.importing", "import_model"),
    # This machine: what it has, what a model needs, what suits it.
    "Machine": ("hardware.machine", "Machine"),
    "detect_machine": ("hardware.machine", "detect"),
    "fits_in_memory": ("hardware.memory", "fits"),
    "check_structure": ("hardware.header", "check_structure"),
    "read_shape": ("hardware.header", "read_shape"),
    "free_words": ("hardware.choose", "free_words"),
    "mib": ("hardware.choose", "mib"),
    "SpeedEstimate": ("hardware.estimate", "SpeedEstimate"),
    "speed_on_cpu": ("hardware.estimate", "speed_on_cpu"),
    "multiplications_per_s": ("hardware.measure", "multiplications_per_s"),
    "read_bytes_per_s": ("hardware.measure", "read_bytes_per_s"),
    "ModelRow": ("hardware.recommend", "ModelRow"),
    "recommend": ("hardware.recommend", "recommend"),
    "shortage": ("hardware.recommend", "shortage"),
    # Builds of llama.cpp: which one suits this machine, how it is installed, tried and rolled back.
    "BACKENDS": ("backend.choice", "BACKENDS"),
    "Advice": ("backend.choice", "Advice"),
    "Backend": ("backend.choice", "Backend"),
    "Candidate": ("backend.choice", "Candidate"),
    "advise": ("backend.choice", "advise"),
    "LocalProbes": ("backend.drivers.detect", "LocalProbes"),
    "detect_drivers": ("backend.drivers.detect", "detect"),
    "Platform": ("backend.drivers.machine", "Platform"),
    "LLAMA_CPP_PROJECT": ("backend.wheels.wheel", "PROJECT"),
    "Wheel": ("backend.wheels.wheel", "Wheel"),
    "index_address": ("backend.wheels.index", "index_address"),
    "read_links": ("backend.wheels.index", "read_links"),
    "FoundWheel": ("backend.wheels.find", "Found"),
    "find_wheel": ("backend.wheels.find", "find_wheel"),
    "fetch_wheel": ("backend.wheels.fetch", "fetch"),
    "RECIPES": ("backend.install.compiling", "RECIPES"),
    "shell_line": ("backend.install.compiling", "shell_line"),
    "step_of": ("backend.install.compiling", "step_of"),
    "Environment": ("backend.install.environment", "Environment"),
    "installed_build": ("backend.install.environment", "installed"),
    "prepare_environment": ("backend.install.environment", "prepare"),
    "running_environment": ("backend.install.environment", "running_environment"),
    "Installer": ("backend.install.installers", "Installer"),
    "find_installer": ("backend.install.installers", "find_installer"),
    "journal_exists": ("backend.install.journal", "exists"),
    "Outcome": ("backend.install.replace", "Outcome"),
    "Replacement": ("backend.install.replace", "Replacement"),
    "clean_installation": ("backend.install.replace", "clean"),
    "repair_installation": ("backend.install.replace", "repair"),
    "replace_build": ("backend.install.replace", "replace"),
    "tokens_within": ("engine.job", "tokens_within"),
    "write_practice_model": ("backend.trial.practice_model", "write_practice_model"),
    "BuildReport": ("backend.trial.report", "BuildReport"),
    "Failure": ("backend.trial.report", "Failure"),
    "TokenLogprob": ("engine.job", "TokenLogprob"),
    "Trial": ("backend.trial.report", "Trial"),
    "run_trial": ("backend.trial.verify", "run_trial"),
}
"""For each public name the module that defines it, below this package, and the name there."""

__all__ = [
    "BACKENDS",
    "CONTEXT_LABEL",
    "FORCED_LABEL",
    "LLAMA_CPP_PROJECT",
    "PATH_LABEL",
    "PREFIX_LABEL",
    "RECIPES",
    "REPOSITORY_LABEL",
    "RUNTIME_FOLDER_VARIABLE",
    "STARTER",
    "SUFFIX_LABEL",
    "Advice",
    "Backend",
    "BuildReport",
    "Candidate",
    "CatalogEntry",
    "CompletionJob",
    "CompletionReply",
    "ContextBlock",
    "Dialect",
    "EngineClient",
    "EngineDied",
    "EngineError",
    "EngineOptions",
    "EngineStatus",
    "Environment",
    "Failure",
    "FallbackEngine",
    "FileLock",
    "Finding",
    "FoundWheel",
    "HuggingFaceHub",
    "InstalledModel",
    "Installer",
    "LatencyBudget",
    "LocalProbes",
    "Machine",
    "ModelError",
    "ModelRow",
    "Outcome",
    "Piece",
    "Platform",
    "Priority",
    "PromptParts",
    "Pull",
    "PullJournal",
    "PullProgress",
    "RemoteEngine",
    "RemoteOptions",
    "Replacement",
    "Sandbox",
    "SpeedEstimate",
    "TokenLogprob",
    "Trial",
    "VerbatimPrompt",
    "Wheel",
    "advise",
    "asked_to_leave",
    "catalog",
    "check_file",
    "check_fill_in_the_middle",
    "check_structure",
    "clean_installation",
    "confine",
    "detect_drivers",
    "detect_machine",
    "fetch_wheel",
    "file_sha256",
    "find_entry",
    "find_installed",
    "find_installer",
    "find_wheel",
    "fit_of",
    "fits_in_memory",
    "forget_stored_states",
    "free_words",
    "import_model",
    "index_address",
    "installed_build",
    "installed_models",
    "is_significant",
    "journal_exists",
    "latency_budget",
    "line_loop",
    "lock_path",
    "loop_at_end",
    "mib",
    "model_key",
    "multiplications_per_s",
    "near_names",
    "pin_path",
    "prepare_environment",
    "probe_server",
    "read_bytes_per_s",
    "read_links",
    "read_pin",
    "read_shape",
    "read_token_counter",
    "readable_folders",
    "recommend",
    "recommendable",
    "remove_part",
    "repair_installation",
    "replace_build",
    "resolve_model",
    "run_pull",
    "run_trial",
    "running_environment",
    "running_hosts",
    "runtime_folder",
    "shell_line",
    "shortage",
    "shown_bytes",
    "speed_on_cpu",
    "step_of",
    "tokens_within",
    "unfinished_pulls",
    "write_practice_model",
]

if not TYPE_CHECKING:  # for a type checker the imports above are all there is

    def __getattr__(name: str) -> Any:
        """Return a public name, loading the module that defines it. Raises AttributeError for any other name."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, attribute = _MODULES[name]
        value = getattr(import_module(f"dovetail_models.{module}"), attribute)
        globals()[name] = value
        return value
