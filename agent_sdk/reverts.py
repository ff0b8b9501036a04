"""Revert data as a sentence: what a contract refused, with its numbers, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_sdk.abi import decode_error
from agent_sdk.errors import Reverted
from agent_sdk.units import format_time

__all__ = ["HINTS", "NO_CONTRACT", "explain"]

SHOWN = 200
"""characters of one value from a contract in a message: strangers choose how long it is"""

TIMES = frozenset(
    {"closes", "deadline", "due", "expiry", "from", "lapsesAt", "latest", "next", "opens"}
    | {"readyAt", "releasedAt", "time", "until"}
)
"""arguments that are Unix s where the time of the call stands beside them"""
DATES = range(10**9, 10**11)
"""numbers that are read as a date: sooner or later ones are no times of a chain"""

NO_CONTRACT = "is there a contract that takes this call?"
"""what to ask where a call is refused without data"""

HINTS: Mapping[str, str] = {
    "Ledger_NotEnoughFree": (
        "the free balance at Everloop does not cover this; deposit more or ask for less"
    ),
    "Ledger_TransferFailed": "the receiver does not take ETH; name another one",
    "Account_BalanceOverflow": "a balance holds less than 2^80 wei; use another account",
    "Ledger_StillLocked": "the account has locked itself until then; wait, or use another account",
    "Ledger_BadLock": "a lock is only prolonged, and ends within 8 days; choose a time between",
    "Everloop_BadProtocolFee": "the protocol takes at most 1 %, and names who gets it; use less",
    "Everloop_NotAContract": "a data fee module is a contract; give its address, or zero for none",
    "Offer_NotRegistry": "only the registry says what is offered; use its `offer` and `serve`",
    "Executor_NotEverloop": "only Everloop sends raw calls; book a raw task",
    "Registry_NotEverloop": "only Everloop takes penalties",
    "Registry_ZeroAddress": "the zero address is nobody; name another one",
    "Registry_DelayTooLong": "users must see newcomers in time, at most 30 days; use less",
    "Registry_TransferFailed": "the receiver does not take ETH; name another one",
    "OwnableInvalidOwner": "the governor cannot be the zero address; name another one",
    "Agent_BadLoop": (
        "a field of the loop is outside its rule; choose a value within the limit, and at birth a "
        "run balance that pays the dearest step twice: later caps can rise only as far"
    ),
    "Agent_NoOtherProvider": (
        "no other provider of the agent's list serves; its owner may list more"
    ),
    "Registry_AlreadyWhitelisted": "the provider is whitelisted already; nothing is to be done",
    "Agent_BatchSize": "a batch has 2 to 8 actions; a single one goes without",
    "Agent_NotAnAction": (
        "only functions with the `action` modifier may be called in a decision, and only those are "
        "enabled and disabled; `batch` is none: name the actions in it"
    ),
    "Agent_NotEverloop": "only Everloop delivers decisions; use its `deliver`",
    "Agent_NotFactory": "only its factory brings an agent to life; use `create`",
    "Agent_NotOwnJob": "the agent answers only to inferences that it booked itself",
    "Ledger_UseDeposit": "plain transfers name no account; use deposit",
    "Scheduler_NotOwner": "only the owner of the record may do this; use the owner's account",
    "Scheduler_AlreadyBooked": (
        "this salt is in use; update or cancel that job, or choose another salt"
    ),
    "Scheduler_NotBooked": (
        "no such job is booked, or the record is an old one; read the record from the newest event"
    ),
    "Scheduler_ForbiddenTarget": (
        "jobs may not aim at Everloop's own contracts; choose another target"
    ),
    "Scheduler_NotDue": "the time of the task has not come; wait",
    "Scheduler_Unaffordable": (
        "the owner's free balance does not pay the run's worst cost; it must deposit more"
    ),
    "Scheduler_BadTerms": "a field is outside its rule; choose a value within the limit",
    "ExactCall_NotEnoughGas": "the target must get its whole gas limit; send more gas",
    "Scheduler_Reentered": "runs do not nest; call from outside a run",
    "Inference_NotProvider": "only the provider named in the record, or a key of it, may do this",
    "Inference_WrongRun": "this run is over; read the slot again",
    "Inference_OutsideWindow": (
        "an answer counts from due until due + window; wait, or expire the run"
    ),
    "Inference_InsideWindow": "the provider may still answer; wait until the window closes",
    "Inference_DecisionTooLong": (
        "the decision is longer than the record allows; send fewer actions"
    ),
    "Inference_WrongPinnedBlock": (
        "the chain knows that block by another hash, or no longer; read the prompt again"
    ),
    "Inference_WrongInput": (
        "the record's input is the hash of other bytes; give the bytes that belong to it"
    ),
    "Inference_NotServing": (
        "the provider takes no work now; it needs stake, whitelisting and `serve`, or choose "
        "another"
    ),
    "Inference_NoCapacity": (
        "the provider's stake covers no further open inference; it must stake more"
    ),
    "Inference_OfferRefuses": "the booking is outside the provider's offer; change the field named",
    "Inference_ResumedLately": "resuming was tried an interval ago at most; wait until then",
    "Inference_Resigned": "the provider has left this job already; resume it to move it to another",
    "Inference_Dormant": "the job waits for money or a provider; fund its owner, then resume it",
    "Inference_NotDormant": "only a dormant job is resumed",
    "Inference_OwnProvider": "a provider cannot book itself; use another account",
    "Inference_TooLateToDecline": (
        "a run is handed back in the first half of its window; answer it, or let it expire"
    ),
    "Inference_NotOrders": "only the contract of signed orders brings these; use `deliverSigned`",
    "Inference_NotOnce": "a signed inference runs once; sign it without interval and heartbeat",
    "Signature_Invalid": (
        "the owner of the record did not sign this order on this chain; sign it with its account"
    ),
    "Signature_Expired": "the order came too late; ask its owner for a new one",
    "Signature_NonceUsed": "the order was brought before, or revoked; sign it with a free nonce",
    "Signature_TooLong": "the signature is longer than any wallet needs; sign the order again",
    "Signature_NotEnoughGas": "the owner contract must get its gas for the check; send more gas",
    "Registry_AlreadyRegistered": "this account is a provider already",
    "Registry_NotRegistered": (
        "this account is no provider; run `everloop provider register` with it first"
    ),
    "Registry_NotOwner": "only the owner of the stake may do this",
    "Registry_NotWhitelisted": (
        "the governor must whitelist the provider, and the delay must be over, before it serves"
    ),
    "Registry_StakeTooSmall": (
        "the stake is below what open runs and this need; ask for less, or stake more"
    ),
    "Registry_StillBonded": "the unbonding delay is not over; wait",
    "Registry_ZeroAmount": "nothing would leave; name an amount",
    "Registry_NotProposed": "only who the owner proposed may accept; have it propose this account",
    "Registry_StakeHeld": "open disputes hold all that is released; wait until they end",
    "Registry_AlreadyListed": "the slasher is listed already; nothing is to be done",
    "Registry_NotAContract": "a slasher is a contract whose rules can be read; deploy it first",
    "Registry_TooManySlashers": "8 slashers are listed; unlist one first",
    "Registry_NotSlasher": "only a listed slasher may do this, once its delay is over",
    "Registry_TooManyDisputes": "a slasher opens 5 disputes against a provider in 14 days; wait",
    "Registry_NothingToHold": "disputes hold all stake of this provider already",
    "Registry_NoDispute": "there is no such dispute, or it is over",
    "Registry_NotDisputant": "only its slasher decides a dispute",
    "Registry_DisputeOpen": "the dispute is for its slasher to end; wait until it lapses",
    "Registry_DisputeLapsed": "the dispute is void; close it",
    "Registry_NotServing": "only who serves stands for a model; use `serve` first",
    "Registry_NotOffered": "only who offers a model stands for it; use `offer` first",
    "Registry_AlreadyStanding": "the provider stands for this model already",
    "Registry_NotStanding": "the provider does not stand for this model",
    "Registry_AttestationRefused": "the verifier does not accept the evidence; get a new proof",
    "Registry_BadAttestation": "the verifier names no key, or its word is over; get a new proof",
    "Registry_NotEnoughGas": "the verifier must get its million of gas; send more gas",
    "Registry_NotAttested": "there is no attestation of this account for the model",
    "Registry_BadOffer": (
        "a field of the offer is outside its rule; choose a value within the limit"
    ),
    "OwnableUnauthorizedAccount": "only the governor may do this; use the governor's account",
    "Agent_NotOwner": "only the agent's owner may do this; use the owner's account",
    "Agent_NotActing": (
        "actions are entered by the agent itself in a step; nobody else may call them"
    ),
    "Agent_NotRecipient": (
        "the agent's policy does not list this receiver; its owner does with `everloop agent "
        "policy --allow`, which waits a day"
    ),
    "Agent_OverActionCap": "the policy caps what one action moves; use a smaller amount",
    "Agent_OverBudget": (
        "the policy's budget for this window has less left; wait, use a smaller amount, or loosen "
        "it"
    ),
    "Agent_UnderReserve": (
        "the policy keeps a reserve in the treasury; fund the agent or use a smaller amount"
    ),
    "Agent_TransferFailed": "the receiver does not take ETH",
    "Agent_BadPolicy": "a field of the policy is outside its rule; choose a value within the limit",
    "Agent_ProviderCount": "an agent has 1 to 8 providers",
    "Agent_RecipientCount": "an agent has at most 16 recipients",
    "Agent_NotPendingOwner": "only whom the owner proposed may accept; have the owner propose you",
    "Agent_WhileActing": "the owner's functions rest while the agent acts; call again afterwards",
    "Agent_WhilePaused": "a paused agent is neither woken nor given up; `unpause` it first",
    "Agent_ChangeNotReady": "a change that loosens waits a day; send it again from `readyAt` on",
    "Agent_NoChange": "no change of this hash is queued; nothing is to be cancelled",
    "Agent_BadTarget": (
        "neither the agent nor a contract of the protocol is called, paid or listed; choose another"
    ),
    "Agent_NoRule": "the policy lists no such call; its owner does with `everloop agent rules`",
    "Agent_NoTokenLimit": "its owner sets a limit with `everloop agent tokens`, which waits a day",
    "Agent_ActionDisabled": "the owner has disabled this action; choose another",
    "Agent_NoFunction": "the agent has no such function; check the ABI",
    "Agent_CallFailed": "the called contract refused; check target, value and call data",
    "Agent_NoCode": "there is no contract at the target; check its address",
    "Agent_TokenTookMore": "the token takes a fee on top of the amount; it cannot be used",
    "Agent_NotAStep": "a plan has no say in when the loop runs next; plan another action",
    "Agent_TextLength": "the text is empty or longer than the limit; write between",
    "Agent_NotLoop": "the record is not that of the agent's loop; read it from the newest event",
    "Agent_NoPage": "the notebook has pages 0 to 15; choose one of them",
    "Agent_NoPlan": "no plan of this number is open; see the agent's context",
    "Agent_TooManyPlans": "8 plans are open; cancel one, or wait until one has run",
    "Agent_PlanTooFar": "a plan is made at most a year ahead; choose an earlier time",
    "Agent_NothingToWake": "the agent sees nothing that calls for it; wait for its next step",
    "Agent_NotAhead": "the next step is due, dormant or in progress; there is no need to wake it",
    "Agent_DearerNow": (
        "the provider asks more than the next run was booked for; wait for the agent's own step"
    ),
    "Agent_WokenLately": "an agent is woken once an interval; wait until then",
    "AgentLens_NotLoop": "the record is not the loop's as booked; read it from the newest event",
    "CodeData_NotWritten": "the text did not become code; send more gas",
    "SafeERC20FailedOperation": "the token refuses the transfer; check balance and receiver",
    "Agent_NoTransfers": "this agent's money leaves by its own actions only; use those",
    "Factory_NotAContract": "there is no contract at this address; check the deployment file",
    "FailedDeployment": "an agent of this salt exists already; choose another salt",
}
"""What each custom error means and what to do next, by its name."""


def explain(
    data: bytes,
    *,
    action: str,
    reason: str = "",
    advice: str = NO_CONTRACT,
    tx: bytes | None = None,
) -> Reverted:
    """Make the exception for a refused call.

    Args:
        data: revert data.
        action: what was tried: `Everloop.deliver`.
        reason: the cause where there is no data: the node's own words, mostly.
        advice: what to do then.
        tx: hash of the mined transaction, if there is one.
    """
    decoded = decode_error(data)
    where = f" in transaction 0x{tx.hex()}" if tx else ""
    if decoded is None:
        cause = (
            f"no compiled contract knows the error {_show(data)}; does the target have another "
            "version?"
            if data
            else f"{_cut(reason) or 'no reason given'}; {advice}"
        )
        return Reverted(f"{action} reverted{where}: {cause}", tx=tx, data=data)
    name, arguments = decoded
    if isinstance(field := arguments.get("field"), bytes):
        # Contracts name a field in one word.
        arguments["field"] = field.rstrip(b"\0").decode("ascii", "replace")
    listed = ", ".join(f"{key}={_told(key, value, arguments)}" for key, value in arguments.items())
    hint = _bounded(HINTS.get(name), arguments)
    message = f"{action} reverted{where}: {name}({listed})" + (f": {hint}" if hint else "")
    return Reverted(message, name=name, arguments=arguments, tx=tx, data=data)


def _bounded(hint: str | None, arguments: Mapping[str, Any]) -> str | None:
    """Return a hint about a field and its limit with the side on which the limit lies."""
    value, limit = arguments.get("value"), arguments.get("limit")
    if hint is None or not isinstance(value, int) or not isinstance(limit, int):
        return hint
    side = "least" if value < limit else "most"
    return hint.replace("a value within the limit", f"at {side} {limit}")


def _told(key: str, value: Any, arguments: Mapping[str, Any]) -> str:
    """Return an argument as text; a Unix time with what people call it."""
    is_time = key in TIMES and isinstance(value, int) and ("time" in arguments or key == "until")
    return f"{value} ({format_time(value)})" if is_time and value in DATES else _show(value)


def _show(value: Any) -> str:
    """Return a value as text that no contract can make long."""
    if isinstance(value, bytes):
        # Only what is shown is made hex: revert data may be megabytes.
        return _cut(f"0x{value[:SHOWN].hex()}", whole=2 + 2 * len(value))
    return _cut(str(value))


def _cut(text: str, *, whole: int = 0) -> str:
    """Return the first characters of a text that is `whole` characters long, and how many more."""
    rest = max(whole, len(text)) - SHOWN
    return text if rest <= 0 else f"{text[:SHOWN]}… and {rest} more characters"
