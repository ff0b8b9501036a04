"""What an agent's owner says: its policy, its pause, its next owner, what leaves by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent_sdk.accounts import Signer
from agent_sdk.agent_changes import Change, QueuedChange, Setback, TargetRule, queued, setbacks
from agent_sdk.agent_reader import AgentReader
from agent_sdk.agent_signatures import Signature, SignatureState, signatures
from agent_sdk.errors import ConfigError, Reverted
from agent_sdk.limits import limited
from agent_sdk.payloads import address as checked_address
from agent_sdk.payloads import keccak
from agent_sdk.types import ZERO_ADDRESS, Call, Receipt, Rule, TokenLimit
from agent_sdk.units import format_seconds, format_time

__all__ = ["AgentOwner", "Change", "QueuedChange", "Setback", "TargetRule"]


class AgentOwner(AgentReader):
    """One agent, and the part of it that is its owner's."""

    def pause(self) -> Receipt:
        """Have decisions recorded without being acted upon; it then steps once a heartbeat.

        Raises:
            ConfigError: it is paused already.
        """
        if self.contract.is_paused():
            raise ConfigError(f"agent {self.address} is paused already: nothing is to be done")
        return self._send(self.contract.pause())

    def unpause(self) -> Receipt:
        """Have decisions acted upon again; the run that is booked stays where it is.

        Raises:
            ConfigError: it is not paused.
        """
        if not self.contract.is_paused():
            raise ConfigError(f"agent {self.address} is not paused: nothing is to be done")
        return self._send(self.contract.unpause())

    def set_limits(
        self,
        *,
        action_cap: str | int | None = None,
        budget: str | int | None = None,
        window: str | int | None = None,
        reserve: str | int | None = None,
    ) -> Change:
        """Change limits on ETH; what is None stays.

        What tightens is in force at once. Where the rest loosens, it waits a day, and a change that
        does both is sent as two: first its tighter half. A queued change states all four limits, as
        they are when it is sent, so it undoes what is tightened meanwhile: `setbacks` tells.

        Args:
            action_cap: wei, or text with a unit; most that one action moves out.
            budget: the same; most that leaves in any window.
            window: s, or text with a unit.
            reserve: wei, or text with a unit; what stays in the treasury.

        Raises:
            ConfigError: a limit is more than the chain keeps.
        """
        now = self.contract.policy()
        wanted = limited(
            now,
            {"action_cap": action_cap, "budget": budget, "window": window, "reserve": reserve},
        )
        half = now.tighter(wanted)
        first = None if half in (now, wanted) else self.contract.set_limits(half)
        return self._split(first, self.contract.set_limits(wanted))

    def set_recipient(self, to: str, *, listed: bool) -> Change:
        """Say whether `to` may receive ETH and tokens from actions."""
        return self._change(self.contract.set_recipient(checked_address(to), listed=listed))

    def set_target(self, target: str, selector: bytes, rule: Rule) -> Change:
        """Say what the action `call` may do with one function of a contract."""
        return self._change(self.contract.set_target(checked_address(target), selector, rule))

    def set_token_policy(self, token: str, limit: TokenLimit) -> Change:
        """Set what actions may move of an ERC-20 token; a budget of 0 forbids it.

        As with `set_limits`, what tightens is in force at once and what loosens waits a day.
        """
        to = checked_address(token)
        now, _ = self.contract.token_policy(to)
        half = now.tighter(limit)
        is_whole = half in (now, limit) or not now.window
        first = None if is_whole else self.contract.set_token_policy(to, half)
        return self._split(first, self.contract.set_token_policy(to, limit))

    def set_action(self, name: str, *, enabled: bool) -> Change:
        """Disable an action by its name, or enable it again.

        Raises:
            SpecError: the manifest has no such action.
        """
        selector = self.manifest.tool(name).selector
        return self._change(self.contract.set_action(selector, enabled=enabled))

    def recipients(self) -> Sequence[str]:
        """Return who may receive ETH and tokens from actions, those listed at birth included."""
        found = self.contract.events("RecipientChanged", from_block=self._deployment.block)
        newest = {event.args["to"]: event.args["listed"] for event in found}
        return [to for to, listed in newest.items() if listed]

    def rules(self) -> Sequence[TargetRule]:
        """Return what the action `call` may do: each function of each contract that is listed."""
        found = self.contract.events("RuleChanged", from_block=self._deployment.block)
        newest = {
            (e.args["target"], bytes(e.args["selector"])): Rule(e.args["rule"]) for e in found
        }
        return [
            TargetRule(target=target, selector=selector, rule=rule)
            for (target, selector), rule in newest.items()
            if rule is not Rule.NONE
        ]

    def disabled_actions(self) -> Sequence[str]:
        """Return the names of the actions that the owner has disabled; a pause disables none."""
        found = self.contract.events("ActionChanged", from_block=self._deployment.block)
        newest = {bytes(event.args["selector"]): event.args["enabled"] for event in found}
        return [t.name for t in self.manifest.tools if not newest.get(t.selector, True)]

    def queued_changes(self) -> Sequence[QueuedChange]:
        """Return the changes that wait or are ready, oldest first; what lapsed is forgotten.

        A change outlives a change of owners: `by_former_owner` says of which that is so.
        """
        names = ("ChangeQueued", "OwnerChanged")
        found = self.contract.events(*names, from_block=self._deployment.block)
        return queued(found, self.contract.ready_at)

    def setbacks(self, change: Change) -> Sequence[Setback]:
        """Return the queued changes that would set otherwise what a change has set, or is to set.

        What is put in force last counts; `cancel_change` takes the others off the queue.
        """
        return setbacks(change.data, self.queued_changes())

    def signatures(self) -> Sequence[Signature]:
        """Return the digests that the agent approved, and whether it stands by them."""
        names = ("DigestApproved", "DigestRevoked")
        found = self.contract.events(*names, from_block=self._deployment.block)
        return signatures(found, paused=self.contract.is_paused())

    def revoke_digest(self, digest: bytes) -> Receipt:
        """Take the approval of a digest back; what was done with it stays done.

        Args:
            digest: 32 bytes.

        Raises:
            ConfigError: the agent does not stand by it.
            Reverted: the signer is not the owner.
        """
        approved = {
            one.digest for one in self.signatures() if one.state is not SignatureState.REVOKED
        }
        if digest not in approved:
            raise ConfigError(
                f"agent {self.address} has not signed digest 0x{digest.hex()}: "
                f"`everloop agent signatures {self.address}` lists what it has"
            )
        return self._send(self.contract.revoke_digest(digest))

    def apply_change(self, change: bytes) -> Change:
        """Put a queued change in force: send the call that queued it again.

        Args:
            change: its hash, 32 bytes.

        Raises:
            ConfigError: it is not queued, no longer queued, or not ready.
            Reverted: the signer is not the owner.
        """
        found = self._queued(change)
        time = self._chain.block().time
        if time < found.ready_at:
            raise ConfigError(
                f"change 0x{change.hex()} ({found.text(self.manifest)}) can be put in force from "
                f"{format_time(found.ready_at)} on, in {format_seconds(found.ready_at - time)}: "
                "wait until then"
            )
        return self._change(Call(self.address, found.data, 0, "the queued change"))

    def cancel_change(self, change: bytes) -> Receipt:
        """Take a change off the queue."""
        return self._send(self.contract.cancel_change(change))

    def propose_owner(self, pending: str | None) -> Receipt:
        """Ask somebody to become the owner; None takes the question back."""
        to = ZERO_ADDRESS if pending is None else checked_address(pending)
        return self._send(self.contract.propose_owner(to))

    def accept_owner(self) -> Receipt:
        """Become the owner, as the present one proposed."""
        return self._send(self.contract.accept_owner())

    def renounce(self) -> Receipt:
        """Give the agent up for good: nobody changes its policy or withdraws any more."""
        return self._send(self.contract.renounce())

    def withdraw_token(self, token: str, amount: int, *, to: str | None = None) -> Receipt:
        """Take ERC-20 tokens out of the treasury.

        Args:
            token: its address.
            amount: units of the token.
            to: who gets them; the signer if None.
        """
        receiver = checked_address(self._require_signer().address if to is None else to)
        return self._send(self.contract.withdraw_token(checked_address(token), amount, to=receiver))

    def withdraw_nft(
        self, token: str, id: int, *, amount: int = 0, to: str | None = None
    ) -> Receipt:
        """Take a token of ERC-721 or ERC-1155 out of the treasury.

        Args:
            token: address of its contract.
            id: which one.
            amount: how many of ERC-1155; 0 where the contract is of ERC-721.
            to: who gets it; the signer if None.
        """
        receiver = checked_address(self._require_signer().address if to is None else to)
        call = self.contract.withdraw_nft(checked_address(token), id, amount, to=receiver)
        try:
            return self._send(call)
        except Reverted as error:
            if not error.name.startswith("ERC20"):
                raise
            more = f"{token} is of ERC-20, which `everloop agent tokens --withdraw` takes out"
            raise error.advised(more) from None

    def _queued(self, change: bytes) -> QueuedChange:
        found = next((one for one in self.queued_changes() if one.change == change), None)
        if found is None:
            raise ConfigError(
                f"change 0x{change.hex()} is not queued for agent {self.address}, or has lapsed: "
                f"`everloop agent changes {self.address}` lists what is; make it anew, it waits "
                "another day"
            )
        return found

    def _split(self, tighter: Call | None, wanted: Call) -> Change:
        """Send a change; one that also loosens, and is not ready, after its tighter half."""
        if tighter is None:
            return self._change(wanted)
        change = keccak(wanted.data)
        ready = self.contract.ready_at(change)
        if ready and self._chain.block().time >= ready:
            return self._change(wanted)
        if ready:
            half = self._send(tighter)
            return Change(
                receipt=half, ready_at=ready, change=change, data=wanted.data, tightened=half
            )
        # Nothing is sent of a change whose whole the agent refuses.
        self._chain.estimate(wanted, sender=self._require_signer().address)
        half = self._send(tighter)
        return replace(self._change(wanted), tightened=half)

    def _change(self, call: Call) -> Change:
        receipt = self._send(call)
        waits = self.contract.events_of(receipt, "ChangeQueued")
        ready, change = 0, b""
        if waits:
            ready, change = waits[0].args["readyAt"], bytes(waits[0].args["change"])
        return Change(receipt=receipt, ready_at=ready, change=change, data=call.data)

    def _send(self, call: Call) -> Receipt:
        return self._chain.send(self._require_signer(), call)

    def _require_signer(self) -> Signer:
        if self._signer is None:
            raise ConfigError("there is no account to sign with: name one with --account")
        return self._signer
