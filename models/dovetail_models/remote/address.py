"""Parse a server's URL: its parts, what is wrong with it, and what it means for privacy. Pure."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from dovetail_models.errors import EngineError

WHAT_LEAVES = "the text around the cursor and the parts of other project files that the model is shown"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is.

    `base` is the URL without a slash at the end and without `/v1`, `host` its name and port as people read it.
    `is_encrypted` is true of https, `is_loopback` where nothing leaves this machine. `is_openai` is true if the URL
    ended with `/v1`, which only OpenAI-compatible servers have.
    """

    base: str
    host: str
    is_encrypted: bool
    is_loopback: bool
    is_openai: bool

    @property
    def privacy(self) -> str:
        """One line: what leaves this machine, for where, and whether others can read it on the way."""
        if self.is_loopback:
            return f"prompts go to {self.host} on this machine, and further only if a tunnel or that server sends them"
        line = f"{WHAT_LEAVES} leave this machine for {self.host}: remove [remote] from config.toml to stop that"
        return line if self.is_encrypted else f"{line}. They go unencrypted: use https://, or a tunnel to localhost"


def parse_address(url: str) -> Address:
    """Return the address that a URL names. Raises EngineError if it cannot be used."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise EngineError("[remote] url is no URL: write http://HOST:PORT or https://HOST/PATH") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EngineError("[remote] url is no URL: write http://HOST:PORT or https://HOST/PATH")
    if parts.username is not None or parts.password is not None:
        raise EngineError(
            "[remote] url holds a password: take it out and keep the token in the keyring (docs/remote.md)"
        )
    if parts.query or parts.fragment:
        raise EngineError("[remote] url has a query or a fragment: give the address without it")
    path = parts.path.rstrip("/")
    is_openai = path.endswith("/v1")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = name if port is None else f"{name}:{port}"
    return Address(
        base=f"{parts.scheme}://{host}{path.removesuffix('/v1')}",
        host=host,
        is_encrypted=parts.scheme == "https",
        is_loopback=_is_loopback(parts.hostname),
        is_openai=is_openai,
    )


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
