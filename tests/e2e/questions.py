"""A contract that asks plain questions, and engines that answer them in their own ways."""

from __future__ import annotations

import time
from collections.abc import Sequence

from agent_sdk.abi import constructor_data, decode_result, encode_call
from agent_sdk.engines import Budget, Decision, Text
from agent_sdk.engines.replay import ReplayEngine
from agent_sdk.errors import EngineError
from agent_sdk.manifest import Manifest
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak, model_id
from agent_sdk.providers import DEFAULT_MODEL
from agent_sdk.types import ZERO_HASH, Call, Job, Pricing, Timing
from agent_sdk.units import ETHER, GWEI
from tests.e2e.desks import ME, PROVIDER

QUESTION = b"Which river flows through Lisbon?"
WINDOW = 100


class Mind(ReplayEngine):
    """Writes one text and remembers the questions; fails or hangs if told to."""

    def __init__(
        self, text: str = "The Tagus.", *, hangs: float = 0.0, fails: bool = False
    ) -> None:
        super().__init__([text], repeat=True)
        self.questions: list[str] = []
        self.hangs = hangs
        self.fails = fails

    def complete(self, question: str, *, limit: int) -> Text:
        self.questions.append(question)
        self._suffer()
        return super().complete(question, limit=limit)

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        self.questions.append(prompt)
        self._suffer()
        return super().decide(manifest, prompt, budget, history=history, context=context)

    def _suffer(self) -> None:
        time.sleep(self.hangs)
        if self.fails:
            raise EngineError("no server answers")


class Slow(Mind):
    """Takes seconds of the chain's time for an answer."""

    def __init__(self, net: Everloop, seconds: int) -> None:
        super().__init__()
        self._net = net
        self._seconds = seconds

    def complete(self, question: str, *, limit: int) -> Text:
        self._net.chain.advance(self._seconds)
        return super().complete(question, limit=limit)


def deploy_box(net: Everloop) -> str:
    """Deploy a contract that keeps the last answer; its owner has an ether at Everloop."""
    code = constructor_data("AnswerBox", net.deployment.everloop, ME.address)
    net.chain.send(ME, net.engine.deposit(ME.address, value=ETHER))
    created = net.chain.deploy(ME, code).created
    assert created is not None
    return created


def ask(
    net: Everloop,
    box: str,
    question: bytes,
    *,
    output_limit: int = 200,
    heartbeat: int = 0,
    salt: bytes = b"question",
) -> Job:
    """Book one answer to a question, due now."""
    job = Job(
        owner=ME.address,
        target=box,
        provider=PROVIDER.address,
        model_id=model_id(DEFAULT_MODEL),
        input=keccak(question) if question else ZERO_HASH,
        timing=Timing(
            interval=heartbeat,
            heartbeat=heartbeat,
            window=WINDOW,
            gas_limit=100_000,
            output_limit=output_limit,
        ),
        pricing=Pricing(max_gas_price=20 * GWEI, max_priority_fee=2 * GWEI, amount=ETHER // 1_000),
        salt=salt.rjust(32, b"\0"),
    )
    receipt = net.chain.send(ME, net.engine.request(job, input_=question))
    booked = net.engine.events_of(receipt, "InferenceRequested")[0].args["job"]
    assert isinstance(booked, Job)
    return booked


def last_answer(net: Everloop, box: str) -> bytes:
    data = net.chain.call(Call(to=box, data=encode_call("AnswerBox", "lastAnswer")))
    return bytes(decode_result("AnswerBox", "lastAnswer", data))


def come_to(net: Everloop, job: Job, *, left: int) -> None:
    """Move the clock to `left` seconds before the end of the window."""
    slot = net.engine.slot_of(job.id(chain_id=net.chain.chain_id, everloop=net.deployment.everloop))
    net.chain.advance(slot.due + WINDOW - left - net.chain.block().time)


def is_unblemished(net: Everloop) -> bool:
    account = net.engine.account_of(PROVIDER.address)
    return (account.delivered, account.missed, account.open) == (1, 0, 0)
