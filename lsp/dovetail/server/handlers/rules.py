"""What a client says about rules: `rules` and `trusted` in its settings, `dovetail/trust` when trust is given later.

Editors that ask their user whether a folder is trusted send `trusted: false` in the initialization options until it is:
then the rules of a project only leave things out. `rules` are the user's own, in the form of `.dovetail.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dovetail.server.server import DovetailServer

TRUST = "dovetail/trust"


def parted(options: Mapping[str, Any], trusted: bool = True) -> tuple[dict[str, Any], Mapping[str, Any], bool]:
    """The options of a client in three: settings, rules, and whether the workspace is trusted, which is `trusted` where
    they do not say."""
    settings = {name: value for name, value in options.items() if name not in ("rules", "trusted")}
    rules = options.get("rules", {})
    return settings, rules if isinstance(rules, Mapping) else {}, options.get("trusted", trusted) is True


@attrs.frozen
class TrustParams:
    trusted: bool


def trust(ls: DovetailServer, params: TrustParams) -> None:
    """`dovetail/trust` {trusted}: the user has changed their mind about the workspace."""
    ls.session.projects.trust(params.trusted and not ls.untrusted)
