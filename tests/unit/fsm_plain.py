"""The rules of single rounds, said a second time, as plainly as possible."""

from __future__ import annotations

from typing import Any

from agent_sdk.fsm.model import (
    CHAIN,
    OPEN_AUTONOMY,
    Payload,
    RoundRules,
    Semantics,
)
from tests.unit.fsm_worlds import (
    THIS_ROUND,
    equal,
)


class Plain:
    """A round by the book: a list of what was taken, looked through each time."""

    def __init__(
        self,
        rules: RoundRules,
        everyone: list[str],
        active: list[str],
        k: int,
        semantics: Semantics,
    ) -> None:
        self.rules, self.semantics, self.k = rules, semantics, k
        self.everyone = everyone
        self.active = everyone if semantics is CHAIN else active
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.full_at: int | None = None
        self.confirmations = 0

    @property
    def kind(self) -> str:
        return self.rules.kind.value

    def offer(self, payload: Payload, previous: str | None, keeper: str | None) -> str:
        if payload.kind != "R":
            return "late_payload_type" if payload.kind == previous else "wrong_payload_type"
        sent = payload.sender in [sender for sender, _ in self.taken]
        known = [
            each
            for _, each in self.taken
            if equal(list(each.values()), payload.values, self.semantics)
        ]
        if self.kind == "CollectSameUntilAll" and not sent and self.taken and not known:
            return "different_value"
        if self.kind == "CollectDifferentUntilAll" and not sent and known:
            return "duplicate_value"
        if payload.round_count != THIS_ROUND:
            return "wrong_round_count"
        open_to_all = self.kind.endswith("UntilAll") and self.semantics is OPEN_AUTONOMY
        rejoins = self.rules.rejoin and self.kind != "OnlyKeeperSends"
        allowed = self.everyone if rejoins or self.semantics is CHAIN else self.active
        if payload.sender not in allowed and not open_to_all:
            return "not_participant"
        if self.kind == "OnlyKeeperSends":
            if sent:
                return "keeper_already_set"
            if payload.sender != keeper:
                return "not_keeper"
        if sent:
            return "already_sent"
        self.taken.append((payload.sender, dict(payload.attributes)))
        return "ok"

    def end(self, height: int) -> tuple[str, dict[str, Any]] | None:
        rows = [[sender, each] for sender, each in self.taken]
        collected = {"col": {"__collection__": rows}} if self.rules.collection else {}
        if self.kind in ("CollectSameUntilThreshold", "Voting"):
            return self._count(collected)
        if self.kind == "OnlyKeeperSends":
            return self._keeper()
        if self.kind.endswith("UntilAll"):
            return self._all(collected)
        if len(self.taken) < self.k:
            return None
        self.full_at = height if self.full_at is None else self.full_at
        self.confirmations = 1 + height - self.full_at
        if height < self.full_at + self.rules.confirmations:
            return None
        if self.kind == "CollectDifferentUntilThreshold":
            return "DONE", collected
        return self._non_empty(collected)

    def _count(self, collected: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        voting = self.kind == "Voting"
        votes = [list(each.values())[: 1 if voting else None] for _, each in self.taken]
        sizes = [sum(equal(v, other, self.semantics) for other in votes) for v in votes]
        for vote, size in zip(votes, sizes, strict=True):
            if size < self.k:
                continue
            if voting:
                names = [("DONE", True), ("NEGATIVE", False), ("NONE", None)]
                for name, ballot in names:
                    if equal(vote, [ballot], self.semantics):
                        return name, collected if name == "DONE" else {}
                continue
            failed = all(value is None for value in vote)
            if self.rules.opens_period and self.semantics is OPEN_AUTONOMY:
                return "DONE", {}
            if failed:
                return "NONE", {}
            return "DONE", {**dict(zip(self.rules.keys, vote, strict=False)), **collected}
        left = len(self.active) - len(votes)
        if votes and left + max(sizes) < self.k:
            return "NO_MAJORITY", {}
        return None

    def _keeper(self) -> tuple[str, dict[str, Any]] | None:
        if not self.taken:
            return None
        values = list(self.taken[0][1].values())
        if all(value is None for value in values):
            return "FAIL", {}
        return "DONE", dict(zip(self.rules.keys, values, strict=False))

    def _all(self, collected: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        if len(self.taken) < len(self.everyone):
            return None
        writes = dict(collected)
        if self.kind == "CollectSameUntilAll":
            first = list(self.taken[0][1].values())
            writes |= dict(zip(self.rules.keys, first, strict=False))
        if self.semantics is OPEN_AUTONOMY:
            writes["participants"] = sorted(sender for sender, _ in self.taken)
        return "DONE", writes

    def _non_empty(self, collected: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        writes = dict(collected)
        given = {
            sender: list(each.values())
            for sender, each in self.taken
            if any(value is not None for value in each.values())
        }
        keys = self.rules.keys
        if self.semantics is CHAIN:
            writes |= {key: {} for key in keys}
            for sender, values in given.items():
                for key, value in zip(keys, values, strict=False):
                    writes[key] |= {} if value is None else {sender: value}
            return "DONE" if given else "NONE", writes
        full = {s: [value for value in values if value is not None] for s, values in given.items()}
        if len(keys) == 1:
            writes[keys[0]] = {sender: values[0] for sender, values in full.items()}
        else:
            writes |= {s: dict(zip(keys, values, strict=False)) for s, values in full.items()}
        return "DONE" if given else "NONE", writes
