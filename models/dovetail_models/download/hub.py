"""Ask the hub about a file through huggingface_hub, which handles mirrors (`HF_ENDPOINT`), tokens and offline mode.

This module fetches no byte of the file itself.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import version
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import HfApi, constants, get_token, hf_hub_url
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from dovetail_models.download.progress import PullError
from dovetail_models.download.ranges import RequestFailed, retry_after_s
from dovetail_models.download.retry import TRANSIENT, Failure

METADATA_TIMEOUT_S = 20.0
USER_AGENT = "dovetail"
MAIN = "main"
"""The branch that a repository shows."""

constants.HF_HUB_DISABLE_TELEMETRY = True
"""The hub learns neither which other libraries nor which programs are installed; huggingface_hub asks for it
otherwise."""

_Found = TypeVar("_Found")
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the hub.

    file: its path in the repository.
    commit: the commit that it was found in; "" if the hub does not state it.
    sha256: of its bytes: the hub's LFS object id.
    size_bytes: its size.
    address: where the bytes are now; may expire.
    headers: what must be sent with a request there.
    """

    file: str
    commit: str
    sha256: str
    size_bytes: int
    address: str
    headers: tuple[tuple[str, str], ...]


class Hub(Protocol):
    """Where files are found. Both raise PullError, and RequestFailed where another try may help."""

    def find(self, repository: str, pattern: str, revision: str | None) -> str: ...

    def describe(self, repository: str, file: str, revision: str | None) -> RemoteFile: ...


class HuggingFaceHub:
    """The Hugging Face Hub, or the mirror that `HF_ENDPOINT` names."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._api = HfApi(endpoint=endpoint, library_name="dovetail", library_version=version("dovetail"))

    def find(self, repository: str, pattern: str, revision: str | None) -> str:
        """Return the one file of a repository that matches; case does not matter."""
        names = self._ask(repository, pattern, lambda: self._api.list_repo_files(repository, revision=revision or MAIN))
        found = [name for name in names if fnmatch(name.lower(), pattern.lower())]
        if len(found) == 1:
            return found[0]
        choices = ", ".join(sorted(name for name in names if name.endswith(".gguf"))) or "none"
        raise PullError(
            f"{len(found)} files of {repository} match {pattern} (its GGUF files: {choices}): "
            "download one by hand, and `dovetail models import` it"
        )

    def describe(self, repository: str, file: str, revision: str | None) -> RemoteFile:
        """Return the hub's description of a file and the location of its bytes."""
        address = hf_hub_url(repository, file, revision=revision, endpoint=self._api.endpoint)
        found = self._ask(
            repository, file, lambda: self._api.get_hf_file_metadata(url=address, timeout=METADATA_TIMEOUT_S)
        )
        if found.etag is None or not _SHA256.fullmatch(found.etag) or not found.size:
            raise PullError(
                f"{self._api.endpoint} states no SHA-256 for {file}, so it cannot be verified: "
                "unset HF_ENDPOINT or name another mirror"
            )
        return RemoteFile(
            file, found.commit_hash or "", found.etag, found.size, found.location, self._headers(found.location)
        )

    def _headers(self, address: str) -> tuple[tuple[str, str], ...]:
        """Our name, and the user's token for the hub itself; never for the CDN that it sends us to."""
        is_hub = urlsplit(address).netloc == urlsplit(self._api.endpoint).netloc
        token = get_token() if is_hub and not constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else None
        return (("User-Agent", USER_AGENT), *((("Authorization", f"Bearer {token}"),) if token else ()))

    def _ask(self, repository: str, file: str, question: Callable[[], _Found]) -> _Found:
        try:
            return question()
        except OfflineModeIsEnabled as error:
            raise PullError(
                "HF_HUB_OFFLINE is set, so nothing is downloaded: unset it, or import a file that you have"
            ) from error
        except HFValidationError as error:
            raise PullError(f"{repository} is no name of a repository: {' '.join(str(error).split())}") from error
        except HfHubHTTPError as error:
            raise self._refusal(error, repository, file) from error
        except (httpx2.HTTPError, OSError) as error:
            raise RequestFailed(Failure("line", f"{self._api.endpoint} cannot be reached")) from error

    def _refusal(self, error: HfHubHTTPError, repository: str, file: str) -> Exception:
        status = error.response.status_code
        if status in TRANSIENT:
            asked = retry_after_s(error.response.headers.get("Retry-After"), time.time())
            return RequestFailed(Failure("status", f"the hub answered {status}", status, asked))
        if isinstance(error, GatedRepoError):
            return PullError(
                f"{repository} asks for its licence to be accepted: accept it on {self._api.endpoint}/{repository}, "
                "then set HF_TOKEN or run `hf auth login`"
            )
        if status == 401:
            return PullError(
                f"{repository} wants a token that is valid (401): set HF_TOKEN or run `hf auth login`, and pull again"
            )
        if status == 403:
            return PullError(f"your token may not read {repository} (403): ask its owner for access, or use another")
        if isinstance(error, RevisionNotFoundError | EntryNotFoundError | RepositoryNotFoundError) or status == 404:
            return PullError(
                f"{self._api.endpoint} has no {file} in {repository} (404): it was renamed or removed; "
                "update Dovetail, or download it by hand and `dovetail models import` it"
            )
        return PullError(f"{self._api.endpoint} answered {status} for {repository}: try again later")
