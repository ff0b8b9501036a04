"""A mined transaction that failed is explained as it was in its block, whatever the node can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk.errors import Reverted, RpcRefused
from agent_sdk.network import Everloop

Deny = Callable[[Callable[[str, tuple[Any, ...]], bool]], None]


@pytest.fixture
def deny(net: Everloop, monkeypatch: pytest.MonkeyPatch) -> Deny:
    """Let the node refuse requests, as nodes do that cannot or will not."""
    rpc = net.chain._rpc
    ask = rpc.request

    def install(refuses: Callable[[str, tuple[Any, ...]], bool]) -> None:
        def request(method: str, *params: Any) -> Any:
            if refuses(method, params):
                raise RpcRefused("no", code=-32601, reason="the method does not exist")
            return ask(method, *params)

        monkeypatch.setattr(rpc, "request", request)

    return install


def stop_as_the_window_opens(net: Everloop) -> Reverted:
    """Send a stop that is estimated, or could have been, before the window, and mined in it."""
    due = net.chain.block().time + 500
    agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="late", first_due=due)
    job, signer = agent.job(), net.signer
    assert job is not None
    assert signer is not None
    call = agent.contract.stop(job)
    assert net.chain.estimate(call, sender=signer.address) > 0
    net.chain.rpc("evm_setNextBlockTimestamp", hex(due))
    with pytest.raises(Reverted) as caught:
        net.chain.send(signer, call, gas=500_000)
    assert caught.value.tx is not None
    return caught.value


def no_trace(method: str, params: tuple[Any, ...]) -> bool:
    return method.startswith("debug_")


def no_overrides(method: str, params: tuple[Any, ...]) -> bool:
    return no_trace(method, params) or len(params) > 2


def only_overrides(method: str, params: tuple[Any, ...]) -> bool:
    return no_trace(method, params) or (method == "eth_call" and len(params) == 2)


@pytest.mark.parametrize(
    "refuses",
    [lambda *_: False, no_trace, no_overrides, only_overrides],
    ids=["traces", "overrides", "plain", "only overrides"],
)
def test_a_stop_that_is_mined_inside_the_window_says_so(
    net: Everloop, deny: Deny, refuses: Callable[[str, tuple[Any, ...]], bool]
) -> None:
    deny(refuses)
    error = stop_as_the_window_opens(net)
    assert error.name == "Inference_InsideWindow"
    assert error.arguments["closes"] > error.arguments["time"]
    assert "wait until the window closes" in str(error)


def test_what_passes_in_all_states_at_hand_is_told_to_have_changed(
    net: Everloop, deny: Deny
) -> None:
    def refuses(method: str, params: tuple[Any, ...]) -> bool:
        return no_overrides(method, params) or (method == "eth_call" and params[1] == own())

    def own() -> str:
        return hex(net.chain.height())

    deny(refuses)
    error = stop_as_the_window_opens(net)
    assert (error.name, error.data) == ("", b"")
    assert "it passes when it is run again; a time or a state" in str(error)


def test_a_node_without_states_is_named_as_the_cause(net: Everloop, deny: Deny) -> None:
    deny(lambda method, _: method.startswith("debug_") or method == "eth_call")
    error = stop_as_the_window_opens(net)
    assert "the node cannot run it again; ask one that keeps the state" in str(error)


def test_a_transaction_without_enough_gas_says_so(net: Everloop) -> None:
    assert net.signer is not None
    call = net.engine.deposit(net.signer.address, value=1)
    with pytest.raises(Reverted, match="it ran out of gas; send more"):
        net.chain.send(net.signer, call, gas=24_000)
