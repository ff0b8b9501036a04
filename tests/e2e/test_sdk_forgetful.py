"""An agent that keeps acts out of its history does not verify; one that is sound always does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_abi.abi import encode

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.blueprints import DEFAULT_LOOP, default_policy
from agent_sdk.cli import main
from agent_sdk.contracts import FactoryContract
from agent_sdk.deploy import publish
from agent_sdk.errors import CheckFailed
from agent_sdk.manifest import HOLD, Action, Manifest, Tool
from agent_sdk.network import Everloop
from agent_sdk.payloads import clone_salt, job_id, keccak, salt_of
from agent_sdk.types import Birth, Call, Choice, Job, Receipt
from agent_sdk.units import ETHER
from tests.e2e.tokens import creation_code

Answer = Callable[..., Receipt]

OWNER, PROVIDER, THIEF = accounts.dev(0), accounts.dev(2), accounts.dev(9).address
FORGET, RECORD, FAIL = range(3)


class Forgetful:
    """A contract that passes for an agent, cloned by the factory; its loop is booked."""

    def __init__(self, net: Everloop, *, salt: bytes | None = None, books: bool = True) -> None:
        """Make it, and have it name another loop than that of its birth where a salt is given."""
        code = creation_code("ForgetfulAgent", file="ForgetfulAgent")
        made = net.chain.deploy(OWNER, code).created
        assert made is not None
        self.net, self.code = net, made
        self.booking: Receipt | None = None
        choice = net.providers.choice(PROVIDER.address)
        self.address = self._clone(choice)
        loop = clone_salt(salt_of("forgetful"), creator=OWNER.address) if salt is None else salt
        manifest = Manifest("Forgetful", "Hold.", (Tool("hold"),)).dumps()
        types = ("bytes32", "bytes32", "string", "address")
        self._send("pretend", types, loop, self._id(loop), manifest, THIEF)
        if books:
            self._forward(net.engine.deposit(self.address, value=ETHER // 2))
            self.book(loop, choice)
        self.agent = net.agents.at(self.address)
        self.agent.receipt = self.booking

    def book(self, salt: bytes, choice: Choice) -> Job:
        """Book an inference of its own, due now."""
        job = Job(
            owner=self.address,
            target=self.address,
            provider=choice.provider,
            model_id=choice.model_id,
            input=bytes(32),
            timing=DEFAULT_LOOP.timing(),
            pricing=DEFAULT_LOOP.pricing(),
            salt=salt,
        )
        self.booking = self._forward(self.net.engine.request(job))
        found = self.net.engine.record_of(self._id(salt))
        assert found is not None
        return found

    def be(self, mode: int) -> None:
        """Say what it does with answers from now on."""
        self._send("setMode", ("uint8",), mode)

    def _clone(self, choice: Choice) -> str:
        factory = FactoryContract(self.net.chain, self.net.deployment.factory)
        birth = Birth(loop=DEFAULT_LOOP, policy=default_policy(ETHER), providers=(choice,))
        salt = salt_of("forgetful")
        call = factory.create(self.code, salt=salt, birth=birth, data=b"", value=ETHER)
        self.net.chain.send(OWNER, call)
        return factory.address_of(self.code, salt=salt, creator=OWNER.address)

    def _id(self, salt: bytes) -> bytes:
        chain_id, everloop = self.net.chain.chain_id, self.net.deployment.everloop
        return job_id(True, chain_id=chain_id, everloop=everloop, owner=self.address, salt=salt)

    def _forward(self, call: Call) -> Receipt:
        return self._send(
            "forward", ("address", "uint256", "bytes"), call.to, call.value, call.data
        )

    def _send(self, function: str, types: tuple[str, ...], *values: object) -> Receipt:
        selector = keccak(text=f"{function}({','.join(types)})")[:4]
        return self.net.chain.send(OWNER, Call(self.address, selector + encode(types, values)))


def run(net: Everloop, answer: Answer, agent: Agent) -> Receipt:
    """Answer the next run once it is due."""
    net.chain.advance(DEFAULT_LOOP.interval)
    return answer(agent, HOLD)


def faults(agent: Agent) -> list[str]:
    return [str(finding) for finding in agent.verify().findings if finding.breaks_history]


def missing(number: int, receipt: Receipt, *, ending: str = "accepted") -> str:
    place = f"run {number} of its loop was delivered in block {receipt.block}"
    return f"{place} ({ending}), and is no step"


@pytest.mark.usefixtures("here")
def test_runs_that_no_step_tells_of_are_found(
    net: Everloop, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    agent, before = Forgetful(net).agent, net.chain.balance(THIEF)
    receipts = [run(net, answer, agent) for _ in range(3)]
    assert net.chain.balance(THIEF) - before > ETHER // 4, "it stole"
    found = agent.verify()
    assert (found.chain_steps, len(found.steps), found.verified) == (0, 0, False)
    assert faults(agent) == [missing(number, receipt) for number, receipt in enumerate(receipts)]
    with pytest.raises(CheckFailed, match=r"run 0 of its loop .* do not trust the agent"):
        agent.history(verify=True)
    assert main(["agent", "verify", agent.address]) == 1
    assert "DOES NOT VERIFY" in capsys.readouterr().out


def test_every_other_run_told_is_not_enough(net: Everloop, answer: Answer) -> None:
    made = Forgetful(net)
    told = []
    for mode in (RECORD, FORGET, RECORD, FAIL):
        made.be(mode)
        told.append(run(net, answer, made.agent))
    assert len(made.agent.history()) == 2
    assert faults(made.agent) == [missing(1, told[1]), missing(3, told[3], ending="failed")]


def test_an_agent_that_records_all_is_only_said_to_be_unknown(
    net: Everloop, answer: Answer
) -> None:
    made = Forgetful(net)
    made.be(RECORD)
    run(net, answer, made.agent)
    found = made.agent.verify()
    assert found.verified
    assert [str(finding) for finding in found.findings] == [
        f"it runs the code of {made.code}, which this deployment does not list: "
        "its history is as honest as that code"
    ]
    known = net.deployment.with_implementation("Forgetful", made.code)
    assert Everloop(net.chain, known).agents.at(made.address).verify().findings == ()


def test_another_loop_than_that_of_its_birth_is_found(net: Everloop, answer: Answer) -> None:
    made = Forgetful(net, salt=salt_of("another"))
    made.be(RECORD)
    run(net, answer, made.agent)
    assert faults(made.agent) == ["the loop that it names is not the one that it was born with"]


def test_a_loop_that_never_was_booked_is_found(net: Everloop) -> None:
    made = Forgetful(net, books=False)
    assert faults(made.agent) == ["Everloop never booked its loop"]


def test_steps_of_another_inference_are_found(net: Everloop) -> None:
    made = Forgetful(net)
    made.be(RECORD)
    job = made.book(salt_of("other"), net.providers.choice(PROVIDER.address))
    pinned = net.chain.block()
    call = net.engine.deliver(
        job, run=0, pinned_block=pinned.number, pinned_hash=pinned.hash, decision=b"hold"
    )
    net.chain.send(PROVIDER, call)
    assert faults(made.agent) == ["step 0: its run is not of the agent's loop"]


def live(net: Everloop, answer: Answer) -> Agent:
    """Return a full agent to which everything has happened that is no fault of its own."""
    net = Everloop(
        net.chain, publish(net.chain, OWNER, "OracleAgent", deployment=net.deployment), signer=OWNER
    )
    net.providers.enroll(accounts.dev(3), governor=OWNER)
    friend = accounts.dev(5).address
    agent = net.agents.create("OracleAgent", fund="5 ether", salt="oracle", recipients=[friend])
    window = agent.loop.window

    def due(*, late: int = 0) -> Job:
        """Come to the next run, or `late` seconds behind its due time; return the record."""
        slot, job = agent.slot(), agent.job()
        assert job is not None
        net.chain.advance(max(0, slot.due + late - net.chain.block().time))
        return job

    answer(agent, HOLD, Action("note", {"text": "a batch"}))
    waker = Agent(net.chain, net.deployment, agent.address, signer=accounts.dev(9))
    agent.receipt = waker.wake()
    answer(agent, decision=b"no")
    due()
    answer(agent, Action("transfer", {"to": THIEF, "amount": 1}))
    due()
    plan = {"action": "transfer", "args": {"to": friend, "amount": 7}}
    when = net.chain.block().time + 100
    question = Action("consult", {"choice": 1, "question": "Is it so?"})
    answer(agent, Action("scheduleAction", {"when": when, "plan": plan}), question)
    asked = net.engine.events("InferenceRequested", from_block=net.deployment.block)[-1]
    pinned = net.chain.block()
    net.chain.send(
        accounts.dev(3),
        net.engine.deliver(
            asked.args["job"],
            run=0,
            pinned_block=pinned.number,
            pinned_hash=pinned.hash,
            decision=b"It is.",
        ),
    )
    net.chain.advance(120)
    before = net.chain.balance(friend)
    task = net.engine.events("TaskScheduled", from_block=net.deployment.block)[-1]
    net.scheduler.execute(task.args["job"])
    assert net.chain.balance(friend) == before + 7, "the plan ran"
    answer(agent, HOLD)
    # What books the next run for now is what it must be asked behind.
    agent.receipt = net.chain.send(PROVIDER, net.engine.decline(due(), run=agent.slot().runs))
    answer(agent, HOLD, signer=_signer(due()))
    net.chain.send(accounts.dev(3), net.engine.resign(due(late=-1_000)))
    agent.receipt = net.chain.send(OWNER, net.engine.expire(due(late=window + 1)))
    agent.pause()
    due()
    job = agent.job()
    assert job is not None
    answer(agent, HOLD, signer=_signer(job))
    agent.unpause()
    agent.stop()
    agent.receipt = agent.start()
    due()
    answer(agent, HOLD, signer=PROVIDER)
    _starve(net, agent, answer, due)
    return agent


def _signer(job: Job) -> accounts.Signer:
    return next(one for one in (PROVIDER, accounts.dev(3)) if one.address == job.provider)


def _starve(net: Everloop, agent: Agent, answer: Answer, due: Callable[[], Job]) -> None:
    """Have the agent's provider take no work, so that it is dormant, and then be resumed."""
    for provider in (PROVIDER, accounts.dev(3)):
        net.chain.send(provider, net.registry.serve(False))
    answer(agent, HOLD, signer=_signer(due()))
    assert agent.slot().is_dormant
    for provider in (PROVIDER, accounts.dev(3)):
        net.chain.send(provider, net.registry.serve(True))
    job = agent.job()
    assert job is not None
    net.chain.send(OWNER, net.engine.resume(job))
    answer(agent, HOLD, signer=_signer(due()))
    answer(agent, Action("stopLoop", {}), signer=_signer(due()))


def test_a_sound_agent_verifies_whatever_happens_to_it(net: Everloop, answer: Answer) -> None:
    agent = live(net, answer)
    found = agent.verify()
    results = [step.result.name.lower() for step in found.steps]
    assert results == ["acted", "rejected", "failed", *["acted"] * 3, "paused", *["acted"] * 4]
    told = net.engine.job_events(
        "InferenceDelivered",
        "InferenceDeclined",
        "InferenceResigned",
        "InferenceExpired",
        "InferenceResumed",
        from_block=net.deployment.block,
        id=agent.loop_id,
    )
    kinds = [event.name.removeprefix("Inference") for event in told]
    assert {name: kinds.count(name) for name in kinds} == {
        "Delivered": 11,
        "Declined": 1,
        "Resigned": 1,
        "Expired": 1,
        "Resumed": 1,
    }
    assert found.verified
    assert [str(finding) for finding in found.findings] == []
    at_birth = replace(net.deployment, implementations={})
    unknown = Agent(net.chain, at_birth, agent.address, signer=None).verify()
    assert unknown.verified
    assert len(unknown.findings) == 1
