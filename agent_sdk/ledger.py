"""Balances at Everloop: pay in, take out, bind. One account has one, whatever it is earned by."""

from __future__ import annotations

from agent_sdk.accounts import Signer
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract
from agent_sdk.errors import ConfigError
from agent_sdk.payloads import address as checked_address
from agent_sdk.types import Account, Receipt
from agent_sdk.units import format_seconds, format_wei, parse_seconds, parse_wei

__all__ = ["MAX_LOCK", "Ledger"]

MAX_LOCK = 8 * 86_400
"""s; longest lock. Source: Ledger.MAX_LOCK"""


class Ledger:
    """The balances of one deployment.

    What an account pays in, and what it earns as keeper or provider, is one balance: it pays the
    account's tasks and inferences, and its free part leaves by `withdraw`.
    """

    def __init__(self, chain: Chain, engine: EverloopContract, *, signer: Signer | None) -> None:
        self._chain = chain
        self._engine = engine
        self._signer = signer

    def account(self, address: str | None = None) -> Account:
        """Return what an account, or the signer, has at Everloop."""
        who = self._require_signer().address if address is None else checked_address(address)
        return self._engine.account_of(who)

    def deposit(self, amount: str | int, *, to: str | None = None) -> Receipt:
        """Pay ETH in.

        Args:
            amount: wei, or text with a unit: "0.5 ether".
            to: whose balance grows; the signer's if None.
        """
        signer = self._require_signer()
        who = checked_address(signer.address if to is None else to)
        return self._chain.send(signer, self._engine.deposit(who, value=parse_wei(amount)))

    def withdraw(
        self, amount: str | int, *, to: str | None = None, signer: Signer | None = None
    ) -> Receipt:
        """Take ETH out of the free part of a balance, paid in or earned.

        Args:
            amount: wei, text with a unit, or `all` that is free.
            to: who gets it; the account itself if None.
            signer: whose balance; the facade's signer if None.

        Raises:
            ConfigError: nothing is free, or less.
            Reverted: the account has locked itself, or the receiver takes no ETH.
        """
        payer = signer or self._require_signer()
        receiver = checked_address(payer.address if to is None else to)
        account = self._engine.account_of(payer.address)
        value = account.free if amount == "all" else parse_wei(amount)
        if value > account.free or not value:
            held = f", and {format_wei(account.reserved)} more is reserved for booked runs"
            rule = "withdraw more than nothing and no more than that"
            raise ConfigError(
                f"account {payer.address} has {format_wei(account.free)} free at Everloop"
                f"{held if account.reserved else ''}: "
                f"{rule if account.free else 'there is nothing to withdraw'}"
            )
        return self._chain.send(payer, self._engine.withdraw(value, to=receiver))

    def lock(self, duration: str | int) -> Receipt:
        """Bind the signer's balance, so that providers trust in what it signs.

        Args:
            duration: s from the newest block, or text with a unit: "2 h"; 8 days at most.

        Raises:
            ConfigError: it is longer, or ends before a lock that holds.
        """
        signer = self._require_signer()
        length, now = parse_seconds(duration), self._chain.block().time
        left = max(0, self._engine.locked_until(signer.address) - now)
        if not left < length <= MAX_LOCK:
            raise ConfigError(
                f"a lock of {format_seconds(length)} cannot be: account {signer.address} is locked "
                f"for {format_seconds(left)} now; a lock is only prolonged, to "
                f"{format_seconds(MAX_LOCK)} at most"
            )
        return self._chain.send(signer, self._engine.lock(now + length))

    def _require_signer(self) -> Signer:
        if self._signer is None:
            raise ConfigError("there is no account to sign with: name one with --account")
        return self._signer
