"""A row of the catalogue as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A model that can be pulled by its name.

    name: what the option `model` and the commands take.
    repository: owner and name on the hub.
    file: the file in the repository; None where only `file_pattern` is known.
    file_pattern: a glob that exactly one file of the repository matches; None where `file` is known.
    revision: a commit of 40 hexadecimal digits, a tag or a branch; None means the repository's main branch.
    sha256: 64 hexadecimal digits, where they were read from the hub; else the first pull pins what the hub states.
    size_bytes: as the hub shows it, rounded to a megabyte or more; None where it is not known.
    licence: its name.
    licence_limit: one sentence about what the licence limits; "" where it limits nothing.
    parameters: how many the model has, None where the catalogue leaves it out.
    kv_elements: numbers that one token takes in the KV cache, None likewise.
    context_tokens: tokens that the model was trained to see at once.
    family: its prompt format.
    """

    name: str
    repository: str
    file: str | None
    file_pattern: str | None
    revision: str | None
    sha256: str | None
    size_bytes: int | None
    licence: str
    licence_limit: str
    parameters: int | None
    kv_elements: int | None
    context_tokens: int
    family: str

    @property
    def is_verified(self) -> bool:
        """Return whether the catalogue itself states which bytes the file holds."""
        return self.sha256 is not None
