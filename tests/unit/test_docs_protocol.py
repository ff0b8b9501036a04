"""docs/protocol.md gives the numbers, layouts and events of the contracts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent_sdk.artifacts import artifact

ROOT = Path(__file__).resolve().parent.parent.parent
PROTOCOL = (ROOT / "docs/protocol.md").read_text("utf-8")

CONSTANTS = [
    ("core/InferenceBook", "WORST_OVERHEAD", "({} + recordGas + gasLimit + "),
    ("core/InferenceBook", "MAX_HORIZON", "| within {}; a past one means now"),
    ("core/InferenceBook", "MAX_HORIZON", "| any | at most {} |"),
    ("core/InferenceBook", "MAX_INPUT", "an input of at most {} bytes"),
    ("core/InferenceBook", "DECISION_BYTE", "gasLimit + {} x outputLimit)"),
    ("core/OfferBook", "MAX_WINDOW", "minimum (12 s or more) to {}"),
    ("core/Misses", "REFUEL_GAS", "refuel with {} gas"),
    ("core/Misses", "MISS_GAS", "`gasLimit`, but at most {} gas"),
    ("core/Ledger", "MAX_LOCK", "own balance for at most {}"),
    ("core/Everloop", "MAX_PROTOCOL_BPS", "at most {} basis points"),
    ("core/SignedOrders", "CHECK_GAS", "by ERC-1271 with {} gas"),
    ("core/SignedOrders", "MAX_SIGNATURE", "It has at most {} bytes"),
    ("core/Scheduler", "WORST_OVERHEAD", "({} + recordGas + gasLimit) x maxGasPrice + amount"),
    ("core/Scheduler", "MAX_DATA", "at most {} bytes"),
    ("core/JobBook", "TRANSACTION_GAS", "{} once per transaction"),
    ("core/StakeBook", "PENALTY", "A penalty is {} of stake"),
    ("core/StakeBook", "MIN_STAKE", "at least {} of bonded stake"),
    ("core/StakeBook", "UNBOND_DELAY", "starts a delay of {}"),
    ("core/StakeBook", "DISPUTE_TIME", "for at most {}; a slasher"),
    ("core/DisputeBook", "LISTING_DELAY", "Listing waits {}"),
    ("core/DisputeBook", "MAX_SLASHERS", "slashers, at most {}:"),
    ("core/DisputeBook", "MAX_DISPUTES", "opens at most {} against a provider"),
    ("core/CandidateBook", "MAX_CANDIDATES", "one of at most {} candidates"),
    ("core/AttestationBook", "VERIFY_GAS", "exactly {} gas, and 96 bytes"),
    ("core/AttestationBook", "ANSWER_BYTES", "and {} bytes of its answer"),
    ("core/ProviderRegistry", "MAX_WHITELIST_DELAY", "a delay of at most {}"),
    ("core/CandidateBook", "LEAST_WINDOW", "minimum ({} or more)"),
    ("agent/Agent", "MIN_STEP_GAS", "{} gas or more a step"),
    ("agent/Agent", "MAX_OUTPUT", "at most {} bytes a decision"),
    ("agent/Agent", "MAX_PROVIDERS", "1 to {} providers"),
    ("agent/AgentActions", "STEP_RESERVE", "all gas but {}"),
    ("agent/AgentActions", "MAX_BATCH", "with 2 to {} actions"),
    ("agent/AgentPolicy", "MAX_RECIPIENTS", "at most {} recipients"),
    ("libraries/NextDue", "MAX_DOUBLINGS", "2^min(f, {})"),
]

#: Contracts whose calls the page shows.
CONTRACTS = [
    "Everloop",
    "Executor",
    "SignedOrders",
    "ProviderRegistry",
    "Lens",
    "OpStackDataFee",
    "CounterTask",
    "CounterAgent",
]

#: Calls that it must show.
CALLS = [
    *("deposit", "withdraw", "lock", "authorise", "setCapacity", "setOffer"),
    *("update", "cancel", "repost", "execute", "executeBatch"),
    *("updateInference", "cancelInference", "repostInference"),
    *("deliver", "deliverBatch", "deliverOrder", "decline", "resign", "expire", "resume"),
    *("scheduleSigned", "deliverSigned", "revokeNonce"),
    *("register", "unbond", "offer", "stand", "slash", "attest", "revokeAttestation"),
    *("openDispute", "closeDispute", "slashDispute", "select", "feeOf"),
    *("onTask", "onInference", "onMissed"),
]

#: Enums whose values are told where the call that returns them is.
ENUMS = {
    "interfaces/IScheduler": ["Outcome"],
    "interfaces/IInferenceMarket": ["Ending", "Refusal"],
    "interfaces/IConsumers": ["Miss"],
}

EVENTS = [
    "InferenceDeclined",
    "InferenceDelivered",
    "InferenceExpired",
    "SignedInferenceDelivered",
    "TaskExecuted",
]


def value_of(source: str, name: str) -> str:
    """Return the literal of a constant; a sum of a number and another constant is added up."""
    found = re.search(rf"constant {name} = ([^;]+);", source)
    assert found is not None, f"no constant {name}"
    first, plus, other = found[1].partition(" + ")
    return str(int(first) + int(value_of(source, other))) if plus else first


def written(value: str) -> str:
    """Return a Solidity literal as the docs write it: `140,000`, `12 s`, `1 day`."""
    number, _, unit = value.partition(" ")
    text = f"{int(number):,}" if number.replace("_", "").isdigit() else number
    units = {"": "", "ether": " ether", "seconds": " s", "days": " day" + "s" * (number != "1")}
    return text + units[unit]


@pytest.mark.parametrize(("file", "name", "phrase"), CONSTANTS)
def test_numbers_are_those_of_the_contracts(file: str, name: str, phrase: str) -> None:
    source = (ROOT / f"contracts/{file}.sol").read_text("utf-8")
    assert phrase.format(written(value_of(source, name))) in PROTOCOL


@pytest.mark.parametrize("file", ["Account", "Job", "JobSlot", "Run", "Step"])
def test_layouts_are_those_of_the_types(file: str) -> None:
    source = (ROOT / f"contracts/types/{file}.sol").read_text("utf-8")
    layouts = re.findall(r"`(\w+ \d+ \|[^`]+)`", " ".join(source.split()).replace(" /// ", " "))
    assert layouts
    for layout in layouts:
        assert layout.split(" | unused")[0] in PROTOCOL


@pytest.mark.parametrize("name", ["Task", "Inference"])
def test_records_have_these_fields_in_this_order(name: str) -> None:
    source = (ROOT / "contracts/types/Job.sol").read_text("utf-8")
    (body,) = re.findall(rf"^struct {name} {{\n(.*?)^}}", source, re.M | re.S)
    fields = re.findall(r"(\w+);$", body, re.M)
    assert f"`{name} {{{', '.join(fields)}}}`" in PROTOCOL


def test_typed_structs_are_those_that_owners_sign() -> None:
    source = (ROOT / "contracts/libraries/TypedData.sol").read_text("utf-8")
    structs = re.findall(r'"(\w+\([^"]+\))"', source)
    assert len(structs) == 4
    (block,) = re.findall(r"^```\n(Task\(.*?)^```$", PROTOCOL, re.M | re.S)
    assert sorted(block.splitlines()) == sorted(structs)


@pytest.mark.parametrize(
    ("file", "name"), [(file, name) for file, names in ENUMS.items() for name in names]
)
def test_enums_have_these_values(file: str, name: str) -> None:
    source = (ROOT / f"contracts/{file}.sol").read_text("utf-8")
    (body,) = re.findall(rf"enum {name} {{\n(.*?)\n\s*}}", source, re.S)
    values = re.findall(r"^\s*(\w+),?$", body, re.M)
    assert values
    assert [value for value in values if f"`{value}`" not in PROTOCOL] == []


@pytest.mark.parametrize("name", EVENTS)
def test_events_have_these_arguments(name: str) -> None:
    (event,) = (e for e in artifact("Everloop").abi if e.get("name") == name)
    arguments = [parameter["name"] for parameter in event["inputs"]]
    assert f"{name}({', '.join(arguments)})" in PROTOCOL


def parameters(function: str) -> list[list[str]]:
    """Return the names of the arguments of each function of that name."""
    entries = [entry for name in CONTRACTS for entry in artifact(name).abi]
    wanted = [entry for entry in entries if entry.get("name") == function and "outputs" in entry]
    return [[parameter["name"].strip("_") for parameter in entry["inputs"]] for entry in wanted]


def test_calls_have_the_arguments_of_the_contracts() -> None:
    shown = re.findall(r"\b(\w+)\(([\w, ]*)\)", PROTOCOL)
    assert set(CALLS) - {function for function, _ in shown} == set()
    wrong = []
    for function, arguments in shown:
        words = arguments.split(", ") if arguments else []
        # An implementation leaves out the names of what it does not use.
        known = [
            [name or word for name, word in zip(names, words, strict=False)] + names[len(words) :]
            for names in parameters(function)
        ]
        if known and words not in known:
            wrong.append((function, arguments))
    assert wrong == []


def test_python_versions_are_those_of_the_bootstrap() -> None:
    source = (ROOT / "scripts/venvs.py").read_text("utf-8")
    assert 'PYTHONS = {"run": (12, 11, 13, 14), "dev": (12, 11), "analysis": (12, 11)}' in source
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "`make demo` takes Python 3.11 to 3.14, `make test` Python 3.11 or 3.12." in readme
