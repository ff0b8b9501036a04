"""Plain questions are answered in words, cut to what was paid for."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_sdk.chain import Chain
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.types import Prepared
from tests.e2e.desks import PROVIDER, ProviderDesk
from tests.e2e.questions import QUESTION, Mind, ask, deploy_box, last_answer


@pytest.fixture
def box(net: Everloop) -> str:
    return deploy_box(net)


def test_a_question_is_answered_in_words_and_paid(net: Everloop, tmp_path: Path, box: str) -> None:
    mind = Mind()
    desk = ProviderDesk(net, tmp_path, mind)
    before = net.engine.balance_of(PROVIDER.address)
    job = ask(net, box, QUESTION)
    assert desk.provider.tick()
    assert not desk.provider.tick()
    assert mind.questions == [QUESTION.decode()]
    assert last_answer(net, box) == keccak(b"The Tagus.")
    earned = net.engine.balance_of(PROVIDER.address) - before
    assert earned == desk.delivered().args["paid"] > job.pricing.fee > 0
    data = desk.entry().data
    assert (data["prompt"], data["raw_output"], data["actions"], data["reason"]) == (
        QUESTION.decode(),
        "The Tagus.",
        [],
        "",
    )
    assert (data["decision"], data["earned_wei"]) == ("0x" + b"The Tagus.".hex(), earned)


def test_an_answer_is_cut_to_what_was_paid_for(net: Everloop, tmp_path: Path, box: str) -> None:
    ask(net, box, QUESTION, output_limit=8)
    assert ProviderDesk(net, tmp_path, Mind("O Tejo é")).provider.tick()
    assert last_answer(net, box) == keccak(b"O Tejo ")


def test_a_question_that_is_not_utf8_is_read_as_far_as_it_is(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, b"caf\xff?")
    mind = Mind()
    assert ProviderDesk(net, tmp_path, mind).provider.tick()
    assert mind.questions == ["caf\ufffd?"]


def test_a_provider_killed_after_its_words_delivers_those(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    class Killed(BaseException):
        pass

    class Fragile(Chain):
        def prepare(self, *args: object, **options: object) -> Prepared:
            raise Killed

    ask(net, box, QUESTION)
    with pytest.raises(Killed):
        ProviderDesk(net, tmp_path, Mind(), Fragile.connect(net.chain.url)).provider.tick()
    other = Mind("The Douro.")
    assert ProviderDesk(net, tmp_path, other).provider.tick()
    assert (other.questions, last_answer(net, box)) == ([], keccak(b"The Tagus."))
