"""Selection on a real chain, and that the SDK computes exactly the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_sdk import accounts
from agent_sdk.abi import decode_error
from agent_sdk.contracts import LensContract
from agent_sdk.deploy import deploy_contract
from agent_sdk.errors import Reverted
from agent_sdk.market import Candidate, Criteria, JobState, Verdict, rank, rate, settled
from agent_sdk.network import Everloop
from agent_sdk.providers import model_id
from agent_sdk.types import ZERO_ADDRESS, Job, Offer, Outcome
from agent_sdk.units import ETHER

INPUT = b"question"
NOW = 1_800_000_000
EXAMPLES = 300
FIELDS: dict[str, int] = {
    "bonded": 96,
    "capacity": 16,
    "open": 16,
    "delivered": 24,
    "missed": 12,
    "declined": 12,
    "latency": 12,
    "attested_until": 40,
}
OFFER_FIELDS = {
    "base_price": 64,
    "price_per_kilobyte": 56,
    "min_max_gas_price": 48,
    "latency": 16,
    "min_window": 24,
    "max_callback_gas": 24,
    "features": 24,
}
CRITERIA_FIELDS = {
    "price_weight": 16,
    "latency_weight": 16,
    "record_weight": 16,
    "stake_weight": 16,
    "output_limit": 24,
    "window": 24,
    "gas_limit": 24,
    "max_gas_price": 48,
    "max_fee": 64,
    "max_claimed_latency": 16,
    "max_measured_latency": 16,
    "min_stake": 96,
    "full_stake": 96,
    "min_delivered": 24,
    "max_miss_bps": 16,
    "verification": 8,
    "min_context": 8,
}
#: Limits that most candidates keep.
GENEROUS = {
    "output_limit": 1_024,
    "window": 2**24 - 1,
    "gas_limit": 0,
    "max_gas_price": 2**48 - 1,
    "max_fee": 2**64 - 1,
    "max_claimed_latency": 2**16 - 1,
    "max_measured_latency": 2**16 - 1,
    "min_stake": 0,
    "min_delivered": 0,
    "max_miss_bps": 10_000,
    "verification": 0,
    "min_context": 0,
}
ADDRESSES = tuple(f"0x{number:040x}" for number in (*range(1, 7), 2**160 - 1, 2**159))
VERIFIERS = ("0x" + 40 * "0", ADDRESSES[0], ADDRESSES[6])
HASHES = (bytes(32), b"\x01" * 32, b"\xff" * 32)


def word(bits: int) -> st.SearchStrategy[int]:
    """Numbers of all magnitudes, their edges often."""
    top = 2**bits - 1
    edges = st.sampled_from([0, 1, top // 2, top - 1, top])
    return st.one_of(edges, st.integers(0, top), st.integers(0, min(top, 20)))


def words(widths: dict[str, int]) -> st.SearchStrategy[dict[str, int]]:
    return st.fixed_dictionaries({name: word(bits) for name, bits in widths.items()})


@st.composite
def candidates(draw: Callable[[Any], Any]) -> list[Candidate]:
    found = []
    order = draw(st.permutations(ADDRESSES))
    for address in order[: draw(st.integers(0, len(order)))]:
        values = draw(words(FIELDS))
        if draw(st.integers(0, 3)):
            values |= {"open": 0, "capacity": 1 + values["capacity"] % 9}
        offer = draw(words(OFFER_FIELDS))
        if draw(st.integers(0, 3)):
            offer |= {
                "min_max_gas_price": 1,
                "min_window": 12,
                "max_callback_gas": 9,
                "features": offer["features"] & 1,
            }
        found.append(
            Candidate(
                provider=address,
                offer=Offer(**offer),
                verifier=draw(st.sampled_from(VERIFIERS)),
                measurement=draw(st.sampled_from(HASHES)),
                **values,
            )
        )
    return found


@st.composite
def criteria(draw: Callable[[Any], Any]) -> Criteria:
    values = draw(words(CRITERIA_FIELDS))
    kept = draw(
        st.sets(st.sampled_from(sorted(GENEROUS)), max_size=draw(st.sampled_from([0, 2, 9])))
    )
    values |= {name: generous for name, generous in GENEROUS.items() if name not in kept}
    return Criteria(
        accepts_locked=draw(st.booleans()),
        attested=draw(st.integers(0, 4)) == 0,
        verifier=draw(st.sampled_from(VERIFIERS)),
        measurement=draw(st.sampled_from(HASHES)),
        excluded=tuple(draw(st.lists(st.sampled_from(ADDRESSES), max_size=3))),
        **values,
    )


@pytest.fixture(scope="module")
def lens(deployed: Everloop) -> LensContract:
    """A lens on the engine of all tests; it keeps nothing."""
    address = deploy_contract(deployed.chain, accounts.dev(0), "Lens", deployed.deployment.everloop)
    return LensContract(deployed.chain, address)


def test_the_lens_and_the_sdk_rank_alike(lens: LensContract) -> None:
    ranked: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(candidates(), criteria(), st.one_of(st.just(NOW), word(40)))
    def alike(given_: list[Candidate], wanted: Criteria, time: int) -> None:
        expected = lens.rank(given_, wanted, time=time)
        lowered = [replace(item, provider=item.provider.lower()) for item in expected]
        assert rank(given_, wanted, time=time) == lowered
        ranked.append(len(expected))

    alike()
    assert len(ranked) >= EXAMPLES
    assert sum(count > 1 for count in ranked) > EXAMPLES // 10, "orders are compared, too"
    assert sum(count == 0 for count in ranked) > EXAMPLES // 10


def test_as_many_excluded_as_there_can_be_candidates_and_no_more(lens: LensContract) -> None:
    wanted = Criteria(**GENEROUS, excluded=(ADDRESSES[0],) * 33)
    with pytest.raises(Reverted, match="Lens_TooManyExcluded"):
        lens.rank([], wanted, time=NOW)


@pytest.fixture
def standing(net: Everloop) -> bytes:
    """Three providers that stand for one model, each with its own price and stake."""
    first = net.providers.choice(accounts.dev(2).address)
    terms = net.engine.offer_of(first.provider, first.model_id)
    model = "shared@1"
    for number, signer in enumerate((accounts.dev(2), accounts.dev(3), accounts.dev(4))):
        if number:
            net.providers.enroll(signer, governor=accounts.dev(0))
        offer = replace(terms, base_price=10**15 - number, latency=number)
        net.chain.send(signer, net.registry.stake(signer.address, value=(3 - number) * ETHER))
        net.chain.send(signer, net.registry.offer(model, offer))
        net.chain.send(signer, net.registry.stand(model_id(model)))
    return model_id(model)


def test_selecting_is_ranking_the_candidates(
    net: Everloop, lens: LensContract, standing: bytes
) -> None:
    found = lens.candidates(standing)
    assert {item.provider for item in found} == set(net.registry.candidates_of(standing))
    for weights in ("price_weight", "latency_weight", "record_weight", "stake_weight"):
        wanted = Criteria(**GENEROUS | {"max_fee": 10**16}, **{weights: 1}, full_stake=9 * ETHER)
        selected = lens.select(standing, wanted)
        assert selected == rank(found, wanted, time=net.chain.block().time)
        assert len(selected) == 3
    stakes = {item.provider: item.bonded for item in found}
    assert selected[0].provider == max(stakes, key=lambda name: stakes[name])


def test_who_steps_down_or_stops_is_not_selected(
    net: Everloop, lens: LensContract, standing: bytes
) -> None:
    wanted = Criteria(**GENEROUS)
    net.chain.send(accounts.dev(3), net.registry.step_down(standing))
    net.chain.send(accounts.dev(4), net.registry.serve(False))
    assert [item.provider for item in lens.select(standing, wanted)] == [accounts.dev(2).address]


def test_roles_and_unbonding_are_seen(net: Everloop, lens: LensContract) -> None:
    provider, heir = accounts.dev(2), accounts.dev(5)
    registry = net.registry
    net.chain.send(provider, registry.propose_owner(provider.address, heir.address))
    net.chain.send(heir, registry.accept_owner(provider.address))
    net.chain.send(heir, registry.set_payout(provider.address, ADDRESSES[4]))
    net.chain.send(heir, registry.unbond(provider.address, 5))
    seen = lens.provider_view(provider.address)
    assert lens.provider_views(start=0, count=1) == [seen]
    roles = registry.roles_of(provider.address)
    assert (seen.owner, seen.payout) == (roles.owner, roles.payout)
    assert roles.owner == heir.address
    assert seen.unbonding == registry.unbonding_of(provider.address)
    assert (seen.unbonding.first, seen.withdrawable, seen.disputes) == (5, 0, 0)
    net.chain.advance(14 * 86_400)
    assert registry.withdrawable_of(provider.address) == 5
    net.chain.send(accounts.dev(6), registry.withdraw(provider.address))
    assert net.chain.balance(ADDRESSES[4]) == 5


def test_runs_on_the_chain_are_rated(net: Everloop, question: Job) -> None:
    call = net.engine.request(question, input_=INPUT)
    booked = net.chain.send(accounts.dev(1), call)
    (event,) = net.engine.events_of(booked, "InferenceRequested")
    job, pinned = event.args["job"], net.chain.block(booked.block)
    answer = net.engine.deliver(
        job, run=0, pinned_block=pinned.number, pinned_hash=pinned.hash, decision=b"a"
    )
    net.chain.send(accounts.dev(2), answer)
    events = net.engine.job_events(from_block=booked.block)
    (run,) = settled(events, lambda number: net.chain.block(number).time)
    assert (run.verdict, run.provider, run.payer, run.fee) == (
        Verdict.DELIVERED,
        question.provider,
        question.owner,
        job.pricing.fee,
    )
    assert rate([run], now=run.time)[question.provider].payers == 1


def test_a_quote_is_what_booking_costs(net: Everloop, lens: LensContract, question: Job) -> None:
    fee, worst, refusal = lens.quote(question)
    assert refusal == b""
    net.chain.send(accounts.dev(1), net.engine.request(question, input_=INPUT))
    account = net.engine.account_of(question.owner)
    assert account.reserved == worst
    assert fee < question.pricing.amount
    net.chain.send(accounts.dev(2), net.registry.serve(False))
    _, _, refusal = lens.quote(question)
    decoded = decode_error(refusal)
    assert decoded is not None
    assert decoded[0] == "Inference_NotServing"


def test_jobs_and_previews_are_seen(net: Everloop, lens: LensContract, question: Job) -> None:
    assert lens.everloop() == net.deployment.everloop
    assert lens.registry() == net.deployment.registry
    booked = net.chain.send(accounts.dev(1), net.engine.request(question, input_=INPUT))
    (event,) = net.engine.events_of(booked, "InferenceRequested")
    found, none = lens.job_views([event.args["id"], bytes(32)])
    assert (found.state, found.due, found.runs) == (JobState.BOOKED, event.args["due"], 0)
    assert (none.state, none.due) == (JobState.NONE, 0)
    task = replace(question, provider=ZERO_ADDRESS, model_id=bytes(32), input=bytes(32))
    assert lens.preview([task]) == ([Outcome.STALE], 0)
