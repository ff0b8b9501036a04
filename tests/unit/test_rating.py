"""The published formula of ratings, and what rings of Sybils get out of it."""

from __future__ import annotations

import random
from dataclasses import replace
from math import inf, isclose

import pytest

from agent_sdk.market import Rating, Settled, Terms, Verdict, rate, settled, turnover_for
from agent_sdk.types import Ending, Event, Job, Pricing, Timing

NOW = 1_800_000_000
TERMS = Terms()
FULL = TERMS.full_fee
PROVIDER, RIVAL = "0x" + "a1" * 20, "0x" + "b2" * 20


def payer(number: int) -> str:
    return f"0x{number:040x}"


def run(
    verdict: Verdict = Verdict.DELIVERED,
    *,
    by: int = 1,
    fee: int = FULL,
    age: float = 0,
    provider: str = PROVIDER,
) -> Settled:
    return Settled(
        provider=provider, payer=payer(by), verdict=verdict, fee=fee, time=int(NOW - age)
    )


def of(*runs: Settled, terms: Terms = TERMS) -> Rating:
    return rate(runs, now=NOW, terms=terms)[PROVIDER]


def test_one_run_by_hand() -> None:
    # w = 1, c = 10 x 1 / 11, rating = (10 + c) / (20 + c)
    count = 10 / 11
    found = of(run())
    assert isclose(found.value, (10 + count) / (20 + count))
    assert isclose(found.evidence, count / (20 + count))
    assert (found.payers, found.runs) == (1, 1)


def test_two_payers_with_half_a_fee_and_a_half_life_by_hand() -> None:
    # a: w = 1/2, q = 1; b: w = 1/2, q = 0
    runs = [run(fee=FULL // 2), run(Verdict.MISSED, by=2, age=TERMS.half_life)]
    count = 10 * 0.5 / 10.5
    assert isclose(of(*runs).value, (10 + count) / (20 + 2 * count))


@pytest.mark.parametrize(
    ("verdict", "quality"),
    [
        (Verdict.DELIVERED, 1.0),
        (Verdict.DECLINED, 0.5),
        (Verdict.REJECTED, 0.25),
        (Verdict.MISSED, 0.0),
    ],
)
def test_much_of_one_verdict_nears_its_quality(verdict: Verdict, quality: float) -> None:
    runs = [run(verdict, by=i) for i in range(2_000)]
    assert abs(of(*runs).value - quality) < 0.01


def test_nobody_known_is_rated() -> None:
    assert rate([], now=NOW) == {}
    assert rate([run(age=-1)], now=NOW) == {}


def test_providers_are_rated_apart() -> None:
    found = rate([run(), run(Verdict.MISSED, provider=RIVAL)], now=NOW)
    assert found[PROVIDER].value > 0.5 > found[RIVAL].value


def test_the_order_of_runs_does_not_matter() -> None:
    dice = random.Random(7)
    runs = [
        run(dice.choice(list(Verdict)), by=i % 9, fee=dice.randrange(FULL), age=i * 4_000)
        for i in range(200)
    ]
    shuffled = dice.sample(runs, len(runs))
    assert isclose(of(*runs).value, of(*shuffled).value, rel_tol=1e-12)


def test_a_record_fades_to_half() -> None:
    runs = [run(by=i) for i in range(100)]
    ages = [
        of(*(replace(r, time=NOW - days * 86_400) for r in runs)).value for days in (0, 90, 900)
    ]
    assert ages[0] > ages[1] > ages[2] > 0.5
    assert ages[2] < 0.500_001


def test_fees_above_the_full_one_weigh_no_more() -> None:
    assert of(run(fee=FULL)).value == of(run(fee=1_000 * FULL)).value


# Rings of Sybils


def test_jobs_of_one_wei_count_nothing() -> None:
    ring = [run(by=i, fee=1) for i in range(10_000)]
    found = of(*ring)
    assert abs(found.value - 0.5) < 1e-12
    assert found.evidence < 1e-12
    assert of(*ring, run(Verdict.MISSED)).value < 0.5, "one real miss outweighs them all"


def test_free_jobs_make_no_payer() -> None:
    assert of(run(fee=0)) == Rating(value=0.5, evidence=0.0, payers=0, runs=1)


def test_one_payer_lifts_to_two_thirds_at_most() -> None:
    found = of(*[run(fee=FULL) for _ in range(100_000)])
    assert 0.666 < found.value < 2 / 3
    assert found.payers == 1


def test_one_payer_ruins_nobody() -> None:
    honest = [run(by=i) for i in range(10, 60)]
    hostile = [run(Verdict.REJECTED, by=1) for _ in range(100_000)]
    before, after = of(*honest).value, of(*honest, *hostile).value
    assert after > 0.74
    assert before - after < 0.1


def test_a_ring_pays_what_the_formula_says() -> None:
    for target in (0.6, 0.75, 0.9):
        for payers in (5, 20, 200):
            turnover = turnover_for(target, payers=payers)
            if turnover == inf:
                assert of(*[run(by=i) for i in range(payers) for _ in range(3_000)]).value < target
                continue
            fees = int(turnover / payers)
            ring = [run(by=i, fee=fee) for i in range(payers) for fee in _split(fees, FULL)]
            assert isclose(of(*ring).value, target, rel_tol=1e-9)


def _split(total: int, most: int) -> list[int]:
    return [most] * (total // most) + [total % most]


def test_more_payers_save_a_ring_nothing_below_the_linear_price() -> None:
    needed = TERMS.prior * 0.4 / 0.1 * FULL
    prices = [turnover_for(0.9, payers=payers) for payers in (8, 9, 20, 1_000, 100_000)]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] == inf
    assert prices[-1] > needed


def test_a_ring_must_pay_again_each_half_life() -> None:
    ring = [run(by=i, age=2 * TERMS.half_life) for i in range(100)]
    fresh = [run(by=i) for i in range(100)]
    assert of(*ring).value < 0.8 < 0.9 < of(*fresh).value


def test_missing_real_jobs_is_not_washed_off_cheaply() -> None:
    missed = [run(Verdict.MISSED, by=i) for i in range(30)]
    cheap = [run(by=i, fee=FULL // 1_000) for i in range(100, 1_100)]
    assert of(*missed, *cheap).value < 0.3


# Out of events

ID, OTHER = b"\x01" * 32, b"\x02" * 32


def job(*, fee: int = 0, amount: int = 0) -> Job:
    return Job(
        owner=payer(5),
        target=payer(6),
        provider=PROVIDER,
        timing=Timing(interval=0, heartbeat=0, window=60, gas_limit=0, output_limit=1),
        pricing=Pricing(max_gas_price=1, max_priority_fee=0, amount=amount, fee=fee),
        model_id=bytes(32),
        input=bytes(32),
        salt=bytes(32),
    )


def event(name: str, block: int = 3, **args: object) -> Event:
    return Event(
        name=name,
        address=payer(9),
        args={"id": ID, "provider": PROVIDER, **args},
        block=block,
        block_hash=bytes(32),
        tx=bytes(32),
        index=0,
    )


def read(*events: Event) -> list[tuple[Verdict, int, int]]:
    return [(r.verdict, r.fee, r.time) for r in settled(events, lambda block: 100 + block)]


def test_runs_are_read_with_the_fee_that_was_booked() -> None:
    events = [
        event("InferenceRequested", 1, job=job(fee=7)),
        event("InferenceDelivered", 2, ending=Ending.ACCEPTED),
        event("InferenceDelivered", 3, ending=Ending.REJECTED),
        event("InferenceDelivered", 4, ending=Ending.FAILED),
        event("InferenceRequested", 5, job=job(fee=8)),
        event("InferenceExpired", 6),
        event("InferenceDeclined", 7, counted=True),
    ]
    assert read(*events) == [
        (Verdict.DELIVERED, 7, 102),
        (Verdict.REJECTED, 7, 103),
        (Verdict.DELIVERED, 7, 104),
        (Verdict.MISSED, 8, 106),
        (Verdict.DECLINED, 8, 107),
    ]
    assert settled(events[:2], lambda block: block)[0].payer == payer(5)


def test_what_does_not_count_is_left_out() -> None:
    booked = event("InferenceReposted", job=job(fee=7))
    assert read(booked, event("InferenceDeclined", counted=False)) == []
    assert read(booked, event("InferenceResigned"), event("TaskExecuted")) == []
    assert read(booked, event("InferenceExpired", id=OTHER)) == []


def test_a_signed_inference_pays_its_whole_amount() -> None:
    done = event("SignedInferenceDelivered", job=job(amount=9), ending=Ending.RECORDED)
    assert read(done) == [(Verdict.DELIVERED, 9, 103)]
