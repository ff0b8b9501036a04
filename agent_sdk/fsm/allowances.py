"""Exceptions from the determinism lint: comments `# fsm: allow RULE: reason`."""

from __future__ import annotations

import io
import re
import tokenize

from agent_sdk.fsm.nondeterminism import ADVICE

__all__ = ["Spot", "allowances"]

_ALLOW = re.compile(r"#\s*fsm:\s*allow\s+(?P<rule>[\w-]+)(?:\s*:\s*(?P<reason>\S.*))?")

Spot = tuple[int, str, str]
"""Line, rule and what stands there."""


def allowances(text: str) -> tuple[dict[int, set[str]], list[Spot]]:
    """Return the rules allowed on each line, and what is wrong about an exception."""
    allowed: dict[int, set[str]] = {}
    wrong = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        match = _ALLOW.search(token.string) if token.type == tokenize.COMMENT else None
        if match is None:
            continue
        line, rule = token.start[0], match["rule"]
        if rule not in ADVICE:
            known = ", ".join(ADVICE)
            wrong.append((line, "allow", f"rule {rule} is unknown; take one of {known}"))
        elif not match["reason"]:
            why = f"rule {rule} is allowed without a reason; write `: why` after it"
            wrong.append((line, "allow", why))
        else:
            allowed.setdefault(line, set()).add(rule)
    return allowed, wrong
