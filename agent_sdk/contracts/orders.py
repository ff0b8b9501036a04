"""SignedOrders: what owners signed off chain, brought by others."""

from __future__ import annotations

from agent_sdk.contracts.binding import Binding
from agent_sdk.orders import SignedOrder
from agent_sdk.types import Call, Pin

__all__ = ["OrdersContract"]


class OrdersContract(Binding):
    """The contract of signed orders. Source: ISignedOrders."""

    artifact = "SignedOrders"

    def is_nonce_used(self, owner: str, nonce: int) -> bool:
        """Return whether a nonce of an owner is used up."""
        return bool(self._read("isNonceUsed", owner, nonce))

    def free_nonce(self, owner: str, *, start: int = 0) -> int:
        """Return an unused nonce of an owner, from `start` on.

        Nonces are bits of words of 256, so neighbours are cheaper than random ones. Any unused
        nonce will do: the search leaps ahead and halves back, and need not see all of them.
        """
        if not self.is_nonce_used(owner, start):
            return start
        used, step = start, 1
        while self.is_nonce_used(owner, used + step):
            used, step = used + step, 2 * step
        free = used + step
        while free - used > 1:
            middle = (used + free) // 2
            if self.is_nonce_used(owner, middle):
                used = middle
            else:
                free = middle
        return free

    def schedule_signed(self, order: SignedOrder) -> Call:
        """Book a task for the owner who signed it; anyone's."""
        return self._call(
            "scheduleSigned",
            order.job.to_tuple(),
            order.due,
            order.nonce,
            order.deadline,
            order.signature,
        )

    def deliver_signed(
        self,
        order: SignedOrder,
        *,
        input_: bytes = b"",
        pinned_block: int,
        pinned_hash: bytes,
        decision: bytes,
    ) -> Call:
        """Answer an inference that its owner signed; its provider's."""
        return self._call(
            "deliverSigned",
            order.job.to_tuple(),
            input_,
            order.nonce,
            order.deadline,
            order.signature,
            Pin(run=0, number=pinned_block, hash=pinned_hash).pack(),
            decision,
        )

    def revoke_nonce(self, nonce: int) -> Call:
        """Take back what the sender signed with that nonce."""
        return self._call("revokeNonce", nonce)
