"""The token that a server asks for: from the environment or the system's keyring. It is never logged or shown."""

import os

from dovetail_models.errors import EngineError

TOKEN_VARIABLE = "DOVETAIL_REMOTE_TOKEN"
"""Wins over the keyring."""

KEYRING_SERVICE = "dovetail"
"""Under this name, with the server's host and port as the user's name, the keyring holds the token."""


def find_token(host: str) -> str:
    """Return the token for a server, "" if there is none. Reads the keyring only where the library `keyring` is
    installed. Raises EngineError if the token cannot be sent or the keyring cannot be read."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    source = TOKEN_VARIABLE
    if not token:
        token, source = _from_keyring(host), "the keyring"
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise EngineError(f"the token in {source} has characters that no token has: store it again")
    return token


def _from_keyring(host: str) -> str:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return ""
    try:
        return (keyring.get_password(KEYRING_SERVICE, host) or "").strip()
    except keyring.errors.NoKeyringError:
        return ""  # a machine without a keyring: most servers and containers
    except keyring.errors.KeyringError as error:
        raise EngineError(
            f"the keyring cannot be read ({type(error).__name__}): unlock it, or set {TOKEN_VARIABLE}"
        ) from error
