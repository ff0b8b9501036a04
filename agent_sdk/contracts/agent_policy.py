"""Who owns an agent, and what its actions may do: the part of its interface that is the owner's."""

from __future__ import annotations

from agent_sdk.contracts.binding import Binding
from agent_sdk.types import Call, Policy, Rule, TokenLimit

__all__ = ["AgentPolicyContract"]

_SIGNED = bytes.fromhex("1626ba7e")
"""what a contract answers to say that it has signed. Source: ERC-1271"""


class AgentPolicyContract(Binding):
    """An agent as its owner and its policy see it. Source: IAgentPolicy, IAgentTreasury."""

    artifact = "IAgent"

    def owner(self) -> str:
        """Return who may withdraw and change policy and providers; zero = nobody any more."""
        return str(self._read("owner"))

    def pending_owner(self) -> str:
        """Return who may become the owner."""
        return str(self._read("pendingOwner"))

    def policy(self) -> Policy:
        """Return the policy that every action obeys."""
        return Policy.from_tuple(self._read("policy"))

    def budget_left(self) -> int:
        """Return what actions and top-ups may still move in this window, wei."""
        return int(self._read("budgetLeft"))

    def is_recipient(self, to: str) -> bool:
        """Return whether `to` may receive ETH and tokens from actions."""
        return bool(self._read("isRecipient", to))

    def rule_of(self, target: str, selector: bytes) -> Rule:
        """Return what the action `call` may do with one function of a contract."""
        return Rule(self._read("ruleOf", target, selector))

    def token_policy(self, token: str) -> tuple[TokenLimit, int]:
        """Return the limits on an ERC-20 token, and the units that may still leave."""
        (cap, budget, window), _, left = self._read("tokenPolicy", token)
        return TokenLimit(action_cap=cap, budget=budget, window=window), int(left)

    def is_enabled(self, selector: bytes) -> bool:
        """Return whether decisions may use an action now: neither disabled nor paused."""
        return bool(self._read("isEnabled", selector))

    def is_paused(self) -> bool:
        """Return whether decisions are recorded without being acted upon."""
        return bool(self._read("isPaused"))

    def is_signed(self, digest: bytes) -> bool:
        """Return whether the agent has signed a digest, as it tells other contracts (ERC-1271)."""
        return bytes(self._read("isValidSignature", digest, b"")) == _SIGNED

    def ready_at(self, change: bytes) -> int:
        """Return when a queued change can be put in force, Unix s; 0 = it is not queued."""
        return int(self._read("readyAt", change))

    def set_limits(self, policy: Policy) -> Call:
        """Set cap, budget, window and reserve for ETH."""
        return self._call("setLimits", policy.to_tuple())

    def set_recipient(self, to: str, *, listed: bool) -> Call:
        """Say whether `to` may receive ETH and tokens from actions."""
        return self._call("setRecipient", to, listed)

    def set_target(self, target: str, selector: bytes, rule: Rule) -> Call:
        """Say what the action `call` may do with one function of a contract."""
        return self._call("setTarget", target, selector, int(rule))

    def set_token_policy(self, token: str, limit: TokenLimit) -> Call:
        """Set cap, budget and window for an ERC-20 token."""
        return self._call("setTokenPolicy", token, limit.to_tuple())

    def set_action(self, selector: bytes, *, enabled: bool) -> Call:
        """Disable an action, or enable it again."""
        return self._call("setAction", selector, enabled)

    def revoke_digest(self, digest: bytes) -> Call:
        """Take the approval of a digest back."""
        return self._call("revokeDigest", digest)

    def cancel_change(self, change: bytes) -> Call:
        """Take a change off the queue."""
        return self._call("cancelChange", change)

    def pause(self) -> Call:
        """Record decisions without acting upon them."""
        return self._call("pause")

    def unpause(self) -> Call:
        """Act upon decisions again."""
        return self._call("unpause")

    def propose_owner(self, pending: str) -> Call:
        """Ask somebody to become the owner."""
        return self._call("proposeOwner", pending)

    def accept_owner(self) -> Call:
        """Become the owner, as proposed."""
        return self._call("acceptOwner")

    def renounce(self) -> Call:
        """Give the agent up: its policy is final."""
        return self._call("renounce")

    def withdraw(self, amount: int, *, to: str) -> Call:
        """Take `amount` wei out of the treasury."""
        return self._call("withdraw", amount, to)

    def withdraw_token(self, token: str, amount: int, *, to: str) -> Call:
        """Take `amount` units of an ERC-20 token out of the treasury."""
        return self._call("withdrawToken", token, amount, to)

    def withdraw_nft(self, token: str, id: int, amount: int, *, to: str) -> Call:
        """Take a token of ERC-721 (`amount` 0) or ERC-1155 out of the treasury."""
        return self._call("withdrawNft", token, id, amount, to)

    def drain(self, amount: int) -> Call:
        """Take `amount` wei of the free run balance into the treasury."""
        return self._call("drain", amount)
