"""What a client sends about rules: `rules` and `trusted` in its settings, `dovetail/trust` when trust is given later.

Some editors ask their user whether a folder is trusted. They send `trusted: false` in the initialization options until
it is; meanwhile the rules of a project can only leave things out. `rules` are the user's own, in the form of
`.dovetail.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dovetail.server.server import DovetailServer

TRUST = "dovetail/trust"


def parted(options: Mapping[str, Any], trusted: bool = True) -> tuple[dict[str, Any], Mapping[str, Any], bool]:
    """Split the options of a client into settings, rules, and whether the workspace is trusted.

    Return `trusted` for the last where the options do not set it.
    """
    settings = {name: value for name, value in options.items() if name not in ("rules", "trusted")}
    rules = options.get("rules", {})
    return settings, rules if isinstance(rules, Mapping) else {}, options.get("trusted", trusted) is True


@attrs.frozen
class TrustParams:
    trusted: bool


def trust(ls: DovetailServer, params: TrustParams) -> None:
    """`dovetail/trust` {trusted}: the user has changed their mind about the workspace."""
    ls.session.projects.trust(params.trusted and not ls.untrusted)
