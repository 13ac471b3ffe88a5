"""How a remote engine is set up. Only values live here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Dialect = Literal["auto", "llama.cpp", "openai"]
"""Which protocol the server speaks; "auto" asks it."""


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """The settings of a server, known before the first request.

    `url` is its address. `model` is a name among those that it serves, "" for its first. `format` names the family
    whose prompt layout the model was trained on. `n_ctx` is the largest window in tokens (prompt and completion) to use
    of the server's. `ca_file` holds the certificates (PEM) to trust in place of the system's. `proxy` is the URL of an
    HTTP proxy, "" for none; the environment's proxies are never used. `first_token_s` is how long to wait for the
    beginning of an answer, in seconds.
    """

    url: str
    dialect: Dialect = "auto"
    model: str = ""
    format: str = "deepseek-coder"
    n_ctx: int = 4096
    ca_file: Path | None = None
    proxy: str = ""
    first_token_s: float = 10.0
