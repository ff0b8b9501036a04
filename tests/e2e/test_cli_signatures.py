"""What an agent has signed is listed and taken back by command."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk.agent import Agent
from agent_sdk.artifacts import OWN
from agent_sdk.cli import main
from agent_sdk.compiler import Built, build_agent
from agent_sdk.errors import Reverted
from agent_sdk.manifest import Action
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak, salt_of
from agent_sdk.types import Receipt

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]

SIGNER = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Agent} from "everloop/agent/Agent.sol";
import {IEverloop} from "everloop/interfaces/IEverloop.sol";

/// @notice Signs what it is asked to.
/// @custom:instructions You sign.
/// @custom:example Nothing happens. => hold()
contract SignerAgent is Agent {
    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Sign a digest.
    /// @param digest Which.
    function sign(bytes32 digest) external action {
        _approve(digest);
    }

    function prompt() external pure override returns (string memory) {
        return "Nothing happens.";
    }

    function _context() internal pure override returns (string memory) {
        return "There is nothing to know.";
    }

    function _initialize(bytes calldata) internal override {}
}
"""
ORDER, OTHER = keccak(b"an order"), keccak(b"another")
UNKNOWN = keccak(b"never signed")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A developer's own agent, compiled once."""
    file = tmp_path_factory.mktemp("signer") / "SignerAgent.sol"
    file.write_text(SIGNER)
    return build_agent(file)


@pytest.fixture
def signer(
    here: None, built: Built, run: Callable[..., Any], answer: Answer, net: Everloop
) -> Agent:
    """That agent, which has signed two digests."""
    built.save(OWN)
    run("agent", "publish", "SignerAgent")
    made = net.agents.at(run("agent", "create", "SignerAgent", "--fund", "1 ether")["address"])
    for digest in (ORDER, OTHER):
        answer(made, Action("sign", {"digest": f"0x{digest.hex()}"}))
    return made


def test_a_signature_is_listed_with_its_state_and_taken_back(
    signer: Agent, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ("agent", "signatures", signer.address)
    hexes = [f"0x{ORDER.hex()}", f"0x{OTHER.hex()}"]

    def states() -> list[str]:
        found = run(*words)["signatures"]
        assert [one["digest"] for one in found] == hexes
        signed = [signer.contract.is_signed(digest) for digest in (ORDER, OTHER)]
        assert [one["state"] == "valid" for one in found] == signed, "the contract says the same"
        return [one["state"] for one in found]

    assert states() == ["valid", "valid"]
    made = run(*words, "--revoke", hexes[0])
    assert [one["revoked"] for one in made["changes"]] == [hexes[0]]
    assert (made["signatures"][0]["tx"], states()) == (
        made["changes"][0]["tx"],
        ["revoked", "valid"],
    )
    signer.pause()
    assert states() == ["revoked", "paused"]
    assert "has not signed digest" in refuse(2, *words, "--revoke", hexes[0])
    run(*words, "--revoke", hexes[1])
    signer.unpause()
    assert states() == ["revoked", "revoked"]


def test_a_digest_signed_anew_is_valid_again(
    signer: Agent, answer: Answer, run: Callable[..., Any]
) -> None:
    signer.revoke_digest(ORDER)
    answer(signer, Action("sign", {"digest": f"0x{ORDER.hex()}"}))
    listed = run("agent", "signatures", signer.address)["signatures"]
    assert [one["state"] for one in listed] == ["valid", "valid"]
    assert signer.contract.is_signed(ORDER)


def test_only_the_owner_takes_back_what_the_agent_has_signed(
    signer: Agent, refuse: Callable[..., str]
) -> None:
    words = ("agent", "signatures", signer.address, "--revoke")
    line = refuse(4, *words, f"0x{ORDER.hex()}", "--account", "dev:5")
    assert "only the agent's owner" in line
    line = refuse(2, *words, f"0x{UNKNOWN.hex()}")
    assert f"`everloop agent signatures {signer.address}` lists what it has" in line
    assert "digest '0x12' has other than 32 bytes" in refuse(2, *words, "0x12")
    assert signer.contract.is_signed(ORDER)


def test_signatures_are_shown_for_people(
    signer: Agent, agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", "signatures", signer.address, "--revoke", f"0x{ORDER.hex()}"]) == 0
    shown = capsys.readouterr().out
    assert f"Revoked 0x{ORDER.hex()}" in shown
    assert f"0x{OTHER.hex()}  valid" in shown
    assert main(["agent", "signatures", agent.address]) == 0
    assert "none of its actions approved a digest" in capsys.readouterr().out


def test_an_agent_stops_by_the_record_of_its_loop_alone(net: Everloop, agent: Agent) -> None:
    job = agent.job()
    assert job is not None
    other = dataclasses.replace(job, salt=salt_of("another"))
    with pytest.raises(Reverted, match=r"Agent_NotLoop.*read it from the newest event"):
        net.chain.estimate(agent.contract.stop(other), sender=agent.contract.owner())
