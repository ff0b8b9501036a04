"""The local stack works as separate processes, survives kills, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_sdk.agent import Agent
from agent_sdk.demo_clock import Clock, until
from agent_sdk.errors import CheckFailed, ConfigError
from agent_sdk.network import Everloop
from agent_sdk.processes import Process, is_alive
from agent_sdk.stack import LocalStack

ALERT = {"actions": [{"action": "raiseAlert", "args": {"finney": 3}}]}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An engine that always gives the same recorded answer."""
    file = tmp_path_factory.mktemp("engine") / "answers.json"
    file.write_text(json.dumps({"sequence": [ALERT], "repeat": True}))
    return f"replay:{file}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine: str) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("stack")
    with LocalStack.up(folder, engine=engine, block_seconds=None, poll_seconds=0.05) as stack:
        yield stack
        processes = list(stack.processes)
    assert [process.name for process in processes if is_alive(process)] == []


@pytest.fixture(scope="module")
def net(stack: LocalStack) -> Everloop:
    return Everloop.connect(stack.info.rpc, account="dev:0", deployment=stack.info.deployment)


def make(net: Everloop) -> tuple[Agent, Clock]:
    agent = net.agents.create("TreasuryAgent", fund="1 ether")
    return agent, Clock(net.chain, agent, lambda step: None)


def test_an_agent_steps_by_itself(net: Everloop) -> None:
    agent, clock = make(net)
    clock.run_to(3)
    assert [step.step for step in agent.history(verify=False)] == [0, 1, 2]
    assert agent.health == "ok"


def test_processes_know_no_key(stack: LocalStack) -> None:
    keys = ("ac0974bec39a17e36ba4a6b4d238ff94", "5de4111afa1a4b94908f83103eb1f1706367c2e6")
    for process in stack.processes:
        place = Path(f"/proc/{process.pid}")
        if not place.exists():
            continue
        seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        assert not any(key.encode() in seen for key in keys)
    written = b"".join(file.read_bytes() for file in stack.directory.rglob("*") if file.is_file())
    assert not any(key.encode() in written for key in keys)


def test_a_killed_provider_goes_on_after_its_restart(stack: LocalStack, net: Everloop) -> None:
    agent, clock = make(net)
    for round_ in range(2):
        stack.kill("provider-1")
        assert not stack.is_alive("provider-1")
        net.chain.advance(max(0, agent.slot().due - net.chain.block().time))
        stack.start("provider-1", wait=False)
        clock.run_to(2 * round_ + 2)
    steps = agent.history(verify=False)
    assert list(range(len(steps))) == [step.run for step in steps]
    assert len({step.provider for step in steps}) == 1


def test_a_restarted_keeper_runs_what_was_left_once(stack: LocalStack, net: Everloop) -> None:
    me = net.engine.deposit(net.signer.address, value=10**18) if net.signer else None
    assert me is not None
    assert net.signer is not None
    net.chain.send(net.signer, me)
    stack.kill("keeper")
    task = net.scheduler.schedule(
        "0x" + "99" * 20, raw=True, without_code=True, interval=9_999, gas_limit=50_000
    )
    stack.start("keeper")
    until(lambda: net.engine.slot_of(task.id).runs > 0, "the task does not run", seconds=20)
    stack.kill("keeper")
    stack.start("keeper")
    assert net.engine.slot_of(task.id).runs == 1
    net.scheduler.cancel(task.job.salt)


def test_a_dead_providers_agent_moves_to_the_second(stack: LocalStack, net: Everloop) -> None:
    agent, clock = make(net)
    clock.run_to(1)
    stack.kill("provider-1")
    clock.pass_window()
    clock.run_to(3)
    stack.start("provider-1")
    providers = [step.provider for step in agent.history(verify=False)]
    first, second = stack.info.providers
    assert [first, second, second] == providers


def test_a_daemon_drains_within_five_seconds_of_sigterm(stack: LocalStack) -> None:
    began = time.monotonic()
    for name in ("keeper", "provider-2"):
        process = next(p for p in stack.processes if p.name == name)
        assert process.child is not None
        os.kill(process.pid, signal.SIGTERM)
        assert process.child.wait(timeout=5.0) == 0
        stack.start(name, wait=False)
    assert time.monotonic() - began < 10.0


def test_a_second_stack_in_the_same_place_is_refused(stack: LocalStack) -> None:
    with pytest.raises(ConfigError, match=r"runs in .* already at http.*everloop down"):
        LocalStack.up(stack.directory)


def test_status_names_every_process(stack: LocalStack) -> None:
    status = stack.status()
    assert {"anvil", "keeper", "provider-1", "provider-2"} == set(status["processes"])
    assert all(process["alive"] for process in status["processes"].values())
    assert json.dumps(status)


def test_a_port_in_use_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is in use"):
            LocalStack.up(tmp_path, port=port)
    assert LocalStack.attach(tmp_path) is None


def test_an_unknown_engine_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=r"provider-1 ended: .*engine 'oracle' is unknown"):
        LocalStack.up(tmp_path, engine="oracle", providers=1, keeper=False)
    assert LocalStack.attach(tmp_path) is None


def test_an_unknown_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unexpected keyword argument 'model'"):
        LocalStack.up(tmp_path, model="x")


def test_a_detached_stack_is_found_again_and_stopped(tmp_path: Path, engine: str) -> None:
    code = (
        "import sys; from agent_sdk.stack import LocalStack\n"
        "LocalStack.up(sys.argv[1], engine=sys.argv[2], providers=1, detached=True)"
    )
    command = [sys.executable, "-c", code, str(tmp_path), engine]
    subprocess.run(command, check=True, timeout=90)
    stack = LocalStack.attach(tmp_path)
    assert stack is not None
    processes = list(stack.processes)
    assert len(processes) == 3
    net = Everloop.connect(stack.info.rpc, account="dev:0", deployment=stack.info.deployment)
    net.agents.create("TreasuryAgent", fund="1 ether").wait(steps=1, timeout=20.0, poll=0.1)
    assert all(process["alive"] for process in stack.status()["processes"].values())
    stack.down()
    assert [process.name for process in processes if is_alive(process)] == []
    assert LocalStack.attach(tmp_path) is None


def test_a_killed_owner_takes_its_stack_along(tmp_path: Path, engine: str) -> None:
    code = (
        "import os, signal, sys; from agent_sdk.stack import LocalStack\n"
        "LocalStack.up(sys.argv[1], engine=sys.argv[2], providers=1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    command = [sys.executable, "-c", code, str(tmp_path), engine]
    done = subprocess.run(command, check=False, timeout=90)
    assert done.returncode == -signal.SIGKILL
    content = json.loads((tmp_path / "stack.json").read_text())
    processes = [Process(**process) for process in content["processes"]]
    until(lambda: not any(map(is_alive, processes)), "orphans stay", seconds=10)
