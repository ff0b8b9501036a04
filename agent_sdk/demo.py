"""The demo: an agent lives by itself on a private chain while machines around it die.

anvil, contracts, two providers, keeper ─► agent created ─► steps by the first provider
─► keeper killed, steps go on, restarted: runs what was left ─► first provider killed for good
─► its run expires, the second one takes over ─► history verified, report written
"""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any, Final

from rich.console import Console

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.blueprints import DEFAULT_LOOP
from agent_sdk.contracts import AgentContract
from agent_sdk.demo_clock import Clock, until
from agent_sdk.demo_facts import read_facts
from agent_sdk.demo_report import Run, build, recall
from agent_sdk.demo_view import View
from agent_sdk.errors import CheckFailed, ConfigError
from agent_sdk.network import Everloop
from agent_sdk.processes import is_alive
from agent_sdk.scheduler import Task
from agent_sdk.stack import LocalStack
from agent_sdk.types import Loop, Step
from agent_sdk.units import ETHER, FINNEY

__all__ = ["run_demo"]

REPORT_FILE: Final = "demo.json"
STATE_FILE: Final = "demo-state.json"

HOUR: Final = 3_600
LOOP: Final = Loop(
    interval=HOUR,
    heartbeat=2 * HOUR,
    window=600,
    gas_limit=DEFAULT_LOOP.gas_limit,
    output_limit=DEFAULT_LOOP.output_limit,
    max_gas_price=DEFAULT_LOOP.max_gas_price,
    max_priority_fee=DEFAULT_LOOP.max_priority_fee,
    max_fee=DEFAULT_LOOP.max_fee,
)
"""A step an hour; ten minutes to answer, which even a busy machine needs seconds of."""

WORLD: Final = {"bill_per_hour": 6 * FINNEY, "cash_target": 600 * FINNEY}
"""Every other hour a bill of 12 finney is due; paying it takes cash below the target."""
FUND: Final = ETHER
SALT: Final = b"demo".rjust(32, b"\0")
TOP_UP_EVERY: Final = 2 * HOUR
TOP_UP_GAS: Final = 150_000

KEEPER_DIES_AFTER: Final = 3
"""steps"""
KEEPER_RETURNS_AFTER: Final = 6
PROVIDER_DIES_AFTER: Final = 8
TOTAL_STEPS: Final = 13


def run_demo(
    directory: str | Path = Path(".everloop"),
    *,
    engine: str = "llama",
    console: Console | None = None,
) -> int:
    """Run the demo and write `demo.json` and `demo-state.json`.

    Args:
        directory: Where to write; the run's own files go to `demo` in it.
        engine: Of the providers; another than the default is for tests.
        console: Where to show it; stdout if None.

    Returns:
        0 when everything held, else 1; each failed condition is named in a line.

    Raises:
        ConfigError: Something that the demo needs is missing, or one runs there already.
        CheckFailed: A machine did not come up.
    """
    folder = Path(directory)
    began = time.monotonic()
    if LocalStack.attach(folder / "demo") is not None:
        raise ConfigError(f"a demo runs in {folder} already; wait for its end, or name another")
    (folder / REPORT_FILE).unlink(missing_ok=True)
    (folder / STATE_FILE).unlink(missing_ok=True)
    shutil.rmtree(folder / "demo", ignore_errors=True)
    demo = _Demo(folder, engine, console or Console(), began)
    previous = signal.signal(signal.SIGTERM, demo.interrupt)
    try:
        return demo.run()
    finally:
        signal.signal(signal.SIGTERM, previous)


class _Demo:
    """One run."""

    def __init__(self, folder: Path, engine: str, console: Console, began: float) -> None:
        self._folder = folder
        self._engine = engine
        self._console = console
        self._began = began
        self._keeper_returned = 0
        self._faults: list[str] = []
        self._interrupted = False

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Make SIGTERM end the demo like Ctrl-C does, so that no process is left behind."""
        self._interrupted = True
        raise KeyboardInterrupt

    def _go_on(self, step: Step, view: View) -> None:
        """Show a step; an interrupt that fell into a hook, where Python drops it, ends it here."""
        if self._interrupted:
            raise KeyboardInterrupt
        view.step(step)

    def run(self) -> int:
        """Live through it, then report."""
        with LocalStack.up(
            self._folder / "demo", engine=self._engine, block_seconds=None, poll_seconds=0.1
        ) as stack:
            report = self._live(stack)
            processes = list(stack.processes)
        left = [process.name for process in processes if is_alive(process)]
        if left:
            fault = f"processes left behind: {', '.join(left)}"
            report.update(ok=False, faults=[fault, *report["faults"]])
            report["failed"].insert(0, fault)
        draft = self._folder / (REPORT_FILE + ".draft")
        draft.write_text(json.dumps(report, indent=2) + "\n")
        draft.replace(self._folder / REPORT_FILE)
        View(self._console, {}).verdict(report)
        return 0 if report["ok"] else 1

    def _live(self, stack: LocalStack) -> dict[str, Any]:
        """Let the agent live while machines die, and return the report."""
        info = stack.info
        names = {address: f"provider-{n + 1}" for n, address in enumerate(info.providers)}
        view = View(self._console, names)
        net = Everloop.connect(info.rpc, account="dev:0", deployment=info.deployment)
        view.say(f"chain {info.chain_id} at {info.rpc}; its clock is moved between steps")
        view.say(f"{', '.join(names.values())} with engine {self._engine}, and a keeper, work")
        task, agent = self._create(net, view)
        try:
            self._story(stack, net, task, self._clock(net, agent, view), view)
        except CheckFailed as error:
            # The rest is still told and checked.
            self._faults.append(str(error))
        return self._report(stack, net, agent, view)

    def _story(
        self, stack: LocalStack, net: Everloop, task: Task, clock: Clock, view: View
    ) -> None:
        """Kill the keeper and bring it back, kill the first provider for good, and go on."""
        first = "provider-1"
        clock.run_to(KEEPER_DIES_AFTER)
        stack.kill("keeper")
        view.say("keeper killed (SIGKILL); the agent goes on, its top-up task waits")
        clock.run_to(KEEPER_RETURNS_AFTER)
        self._revive_keeper(net, task, stack, view)

        clock.run_to(PROVIDER_DIES_AFTER)
        stack.kill(first)
        view.say(f"{first} killed (SIGKILL), for good")
        clock.pass_window()
        view.say("its window is over; the keeper expired the run and the agent moved on")
        clock.run_to(TOTAL_STEPS)

    def _clock(self, net: Everloop, agent: Agent, view: View) -> Clock:
        return Clock(net.chain, agent, lambda step: self._go_on(step, view))

    def _create(self, net: Everloop, view: View) -> tuple[Task, Agent]:
        """Book a task that tops up the agent's run balance, then make the agent."""
        maker = accounts.dev(0)
        implementation = net.deployment.implementation("TreasuryAgent")
        address = net.factory.address_of(implementation, salt=SALT, creator=maker.address)
        net.chain.send(maker, net.engine.deposit(maker.address, value=ETHER))
        task = net.scheduler.schedule(
            address,
            data=AgentContract(net.chain, address).refuel().data,
            raw=True,
            without_code=True,
            interval=TOP_UP_EVERY,
            gas_limit=TOP_UP_GAS,
            first_due=net.chain.block().time + TOP_UP_EVERY,
        )
        agent = net.agents.create("TreasuryAgent", fund=FUND, salt=SALT, loop=LOOP, options=WORLD)
        view.say(f"agent {agent.address} is made; now only machines send")
        view.say(f"it is told: {agent.contract.prompt()}")
        return task, agent

    def _revive_keeper(self, net: Everloop, task: Task, stack: LocalStack, view: View) -> None:
        """Restart the keeper and wait until it has run the task that was left."""
        before = net.engine.slot_of(task.id).runs
        self._keeper_returned = net.chain.height()
        stack.start("keeper")
        until(
            lambda: net.engine.slot_of(task.id).runs == before + 1,
            f"the restarted keeper does not run the top-up task; see {stack.directory}",
        )
        view.say("keeper restarted; it ran the top-up task that was due meanwhile, once")

    def _report(self, stack: LocalStack, net: Everloop, agent: Agent, view: View) -> dict[str, Any]:
        """Read the chain, write its state, show and return the report."""
        last = net.chain.height()
        facts = read_facts(net.chain, net.deployment, agent.address, last=last)
        journals = [stack.journal(f"provider-{n + 1}") for n in range(len(stack.info.providers))]
        state = bytes.fromhex(net.chain.rpc("anvil_dumpState", True).removeprefix("0x"))
        (self._folder / STATE_FILE).write_bytes(gzip.decompress(state))
        run = Run(
            rpc=stack.info.rpc,
            agent=agent.address,
            deployment=net.deployment,
            engine=self._engine.partition(":")[0],
            seconds=time.monotonic() - self._began,
            keeper_returned=self._keeper_returned,
            faults=tuple(self._faults),
        )
        report = build(run, facts, recall(journals, facts.steps))
        view.table(facts, report["decisions"])
        view.costs(facts, report["costs"])
        return report
