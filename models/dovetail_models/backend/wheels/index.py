"""Reading llama-cpp-python's wheel index. Nothing is asked of it before the user names a backend."""

import os
import ssl
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from dovetail_models.backend.errors import BackendError
from dovetail_models.backend.wheels.wheel import PROJECT, Link, links_of

DEFAULT_INDEX = "https://abetlen.github.io/llama-cpp-python/whl/"
"""Where llama-cpp-python publishes its wheels, an index for each tag (its README, "Installation")."""

INDEX_VARIABLE = "DOVETAIL_WHEEL_INDEX"
"""The environment variable that names another one."""

TIMEOUT_S = 60
"""For the connection and each piece that is read."""

PAGE_BYTES = 20_000_000
"""A page of 100 releases has 0.2 MB; more than this is no index."""


def index_address(option: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """Return the index to use: the option's, the environment's or the default. Raises BackendError if it is no
    address."""
    address = option or environment.get(INDEX_VARIABLE) or DEFAULT_INDEX
    if urlsplit(address).scheme not in ("http", "https", "file"):
        raise BackendError(f"{address} is not a wheel index: give an address that begins with https://")
    return address.rstrip("/") + "/"


def read_links(index: str, tag: str) -> tuple[Link, ...]:
    """Return what the index has for a tag; nothing where it does not know the tag. Raises BackendError where the index
    cannot be read."""
    address = f"{index}{tag}/{PROJECT}/"
    if address.startswith("file:"):
        address += "index.html"
    try:
        with open_url(address) as answer:
            page = answer.read(PAGE_BYTES + 1)
            address = answer.url
    except HTTPError as error:
        if error.code == 404:
            return ()
        raise BackendError(f"the wheel index answers {error.code} at {address}: check --index") from error
    except (OSError, HTTPException) as error:
        if isinstance(error, URLError) and isinstance(error.reason, FileNotFoundError):
            return ()
        raise BackendError(network_problem(error, "the wheel index")) from error
    if len(page) > PAGE_BYTES:
        raise BackendError(f"{address} is not a wheel index: check --index")
    return links_of(page.decode("utf-8", "replace"), address)


def open_url(address: str, headers: Mapping[str, str] | None = None) -> Any:
    """Return the open answer of an address (proxies come from the environment). Raises OSError or HTTPException."""
    request = Request(address, headers={"User-Agent": "dovetail", **(headers or {})})
    return urlopen(request, timeout=TIMEOUT_S)


def network_problem(error: Exception, what: str) -> str:
    """Return a line for an error on the way to `what`."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the certificate of {what} is not trusted: set SSL_CERT_FILE to your certificates"
    if isinstance(reason, TimeoutError):
        return f"{what} does not answer: check the network or proxy, then run this again"
    return f"{what} cannot be reached ({reason}): check the network or proxy, or name another one with --index"
