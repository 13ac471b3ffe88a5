"""What a completion is asked about, in the terms of the project. Only values live here; layout is `formats/`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContextBlock:
    """A piece of another file, shown to the model under that file's path.

    `path` is relative to the project, with forward slashes.
    """

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class PromptParts:
    """Everything that a prompt is made of.

    `context` is in prompt order, the most stable block first, so that a change invalidates as little of the KV cache
    as possible. `path` is the current file's, relative to the project. `prefix` and `suffix` surround the hole.
    `forced` is what was typed since prefix and suffix were frozen: the text between prefix and cursor. `repository` is
    the project's name, for models that were trained to see it; empty if there is none.
    """

    context: tuple[ContextBlock, ...]
    path: str
    prefix: str
    suffix: str
    forced: str = ""
    repository: str = ""
