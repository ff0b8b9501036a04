"""`everloop task`: timed calls that keepers run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.options import (
    Connection,
    amount,
    chain_options,
    examples,
    hex_bytes,
    job_id,
    json_option,
    seconds,
)
from agent_sdk.cli.output import cost, done, facts, show_json, spent, table, when

if TYPE_CHECKING:
    from agent_sdk.network import Everloop
    from agent_sdk.scheduler import Task
    from agent_sdk.types import Job

__all__ = ["task"]

ID = "0x5d...e1"
"""an id in examples"""


@click.group()
def task() -> None:
    """Book timed calls that keepers run and the account pays."""


def _terms(command: Any) -> Any:
    """Add the options that say what a task does and pays."""
    for option in reversed(
        [
            click.option("--interval", callback=seconds, help="Between runs; 0 = once."),
            click.option("--heartbeat", callback=seconds, help="Longest pause, and after a fault."),
            click.option("--gas-limit", type=click.IntRange(1), help="Handed to the target."),
            click.option("--data", callback=hex_bytes, metavar="HEX", help="Argument of onTask."),
            click.option("--tip", callback=amount, help="Most that a keeper gets besides gas."),
            click.option("--window", callback=seconds, help="Time in which the tip grows."),
            click.option("--max-gas-price", callback=amount, help="Most for a unit of gas."),
            click.option("--max-priority-fee", callback=amount, help="Most above the base fee."),
            click.option("--in", "pause", callback=seconds, help="Until the next run."),
        ]
    ):
        command = option(command)
    return command


@task.command(
    epilog=examples(
        "task schedule 0xTARGET --interval '1 h' --gas-limit 100000",
        "task schedule 0xTARGET --gas-limit 60000 --raw --data 0xd09de08a --in '10 min'",
    )
)
@click.argument("target")
@_terms
@click.option("--raw", is_flag=True, help="Call the target with the data as it is.")
@click.option(
    "--without-code",
    is_flag=True,
    help="With --raw, take a target without code: its runs are paid and do nothing until it has.",
)
@click.option("--salt", help="Word that the id depends on.  [default: random]")
@json_option
@chain_options(account=True)
def schedule(
    connection: Connection,
    target: str,
    pause: int | None,
    raw: bool,
    without_code: bool,
    salt: str | None,
    as_json: bool,
    **terms: Any,
) -> None:
    """Book calls of the contract at TARGET, paid from the account's balance at Everloop."""
    from agent_sdk.payloads import address

    if without_code and not raw:
        raise click.UsageError("--without-code goes with --raw: `onTask` needs a contract")
    if terms["gas_limit"] is None:
        raise click.UsageError("--gas-limit is missing: the gas that the target gets")
    net = connection.network(sign=True)
    given = {name: value for name, value in terms.items() if value is not None}
    made = net.scheduler.schedule(
        address(target),
        first_due=_due(net, pause) if pause else 0,
        raw=raw,
        without_code=without_code,
        salt=salt,
        **{"interval": 0, **given},
    )
    _show(net, made, title="Booked", as_json=as_json)
    if not net.engine.free_of(made.job.owner):
        click.echo("next: `everloop account deposit AMOUNT` pays for its runs", err=True)


@task.command(
    epilog=examples(
        f"task update {ID} --interval '2 h'",
        f"task update {ID} --tip '5 gwei' --in '1 min'",
    )
)
@click.argument("id", callback=job_id)
@_terms
@json_option
@chain_options(account=True)
def update(
    connection: Connection, id: bytes, pause: int | None, as_json: bool, **terms: Any
) -> None:
    """Change the account's task ID; what is not named stays, its next time as well.

    A heartbeat that is the interval goes with it, and one below a new interval rises to it.
    """
    from dataclasses import replace

    if pause is None and all(value is None for value in terms.values()):
        raise click.UsageError("name what is to change: see `everloop task update --help`")
    net = connection.network(sign=True)
    job = _task(net, id)
    names = ("interval", "heartbeat", "window", "gas_limit")
    timing = {name: terms[name] for name in names if terms[name] is not None}
    if "interval" in timing and "heartbeat" not in timing:
        follows = job.timing.heartbeat == job.timing.interval
        least = timing["interval"]
        timing["heartbeat"] = least if follows else max(least, job.timing.heartbeat)
    prices = {
        "max_gas_price": terms["max_gas_price"],
        "max_priority_fee": terms["max_priority_fee"],
        "amount": terms["tip"],
    }
    changed = replace(
        job,
        timing=replace(job.timing, **timing),
        pricing=replace(job.pricing, **{k: v for k, v in prices.items() if v is not None}),
        data=job.data if terms["data"] is None else terms["data"],
    )
    due = net.engine.slot_of(id).due if pause is None else _due(net, pause)
    _show(net, net.scheduler.update(changed, due=due), title="Changed", as_json=as_json)


@task.command(epilog=examples(f"task repost {ID}", f"task repost {ID} --account dev:3"))
@click.argument("id", callback=job_id)
@json_option
@chain_options(account=True)
def repost(connection: Connection, id: bytes, as_json: bool) -> None:
    """Tell the record of the job ID again, for keepers and providers that missed it.

    Anybody may, for a task as for an inference.
    """
    net = connection.network(sign=True)
    receipt = net.scheduler.repost(_record(net, id))
    found = {"id": f"0x{id.hex()}"}
    done(receipt, title=f"Reposted 0x{id.hex()}", as_json=as_json, found=found)


@task.command(epilog=examples(f"task cancel {ID}"))
@click.argument("id", callback=job_id)
@json_option
@chain_options(account=True)
def cancel(connection: Connection, id: bytes, as_json: bool) -> None:
    """End the account's task ID."""
    net = connection.network(sign=True)
    receipt = net.scheduler.cancel(_task(net, id).salt)
    found = {"id": f"0x{id.hex()}"}
    done(receipt, title=f"Cancelled 0x{id.hex()}", as_json=as_json, found=found)


@task.command("list", epilog=examples("task list", "task list --owner 0xOWNER --json"))
@click.option("--owner", help="Only those of this account.")
@json_option
@chain_options()
def list_(connection: Connection, owner: str | None, as_json: bool) -> None:
    """List the tasks that are booked."""
    from agent_sdk.booked import tasks
    from agent_sdk.payloads import address

    net = connection.network()
    mine = None if owner is None else address(owner)
    found = [
        {"id": f"0x{booked.id.hex()}", **_facts(booked.job), **_state(net, booked.id)}
        for booked in tasks(net.engine, owner=mine, from_block=net.deployment.block)
    ]
    if as_json:
        show_json(found)
        return
    rows = [
        (one["id"], one["owner"], one["target"], when(one["next_due"]), one["runs"])
        for one in found
    ]
    table(("id", "owner", "target", "next due", "runs"), rows, empty="no tasks are booked")


def _due(net: Everloop, pause: int) -> int:
    return net.chain.block().time + pause


def _record(net: Everloop, id: bytes) -> Job:
    """Return the record of a job by the chain's events."""
    from agent_sdk.errors import ConfigError

    job = net.engine.record_of(id, from_block=net.deployment.block)
    if job is None:
        raise ConfigError(f"no job 0x{id.hex()} was booked here: `everloop task list` names tasks")
    return job


def _task(net: Everloop, id: bytes) -> Job:
    """Return the record of the signer's own task."""
    from agent_sdk.errors import ConfigError

    job = _record(net, id)
    if job.is_inference:
        raise ConfigError(f"job 0x{id.hex()} is an inference: only its owner contract changes it")
    if net.signer is not None and job.owner != net.signer.address:
        raise ConfigError(f"task 0x{id.hex()} is owned by {job.owner}: use the owner's account")
    return job


def _facts(job: Job) -> dict[str, Any]:
    return {
        "owner": job.owner,
        "target": job.target,
        "interval_seconds": job.timing.interval,
        "heartbeat_seconds": job.timing.heartbeat,
        "window_seconds": job.timing.window,
        "gas_limit": job.timing.gas_limit,
        "tip_wei": job.pricing.amount,
        "max_gas_price_wei": job.pricing.max_gas_price,
        "max_priority_fee_wei": job.pricing.max_priority_fee,
        "data": f"0x{job.data.hex()}",
    }


def _state(net: Everloop, id: bytes) -> dict[str, int]:
    slot = net.engine.slot_of(id)
    return {"next_due": slot.due, "runs": slot.runs, "failures": slot.failures}


def _show(net: Everloop, made: Task, *, title: str, as_json: bool) -> None:
    from agent_sdk.units import format_seconds

    found = {
        "id": f"0x{made.id.hex()}",
        **_facts(made.job),
        **_state(net, made.id),
        **cost(made.receipt),
    }
    if as_json:
        show_json(found)
        return
    pause = format_seconds(made.job.timing.interval) if made.job.timing.interval else "once"
    shown = {
        "id": found["id"],
        "next due": when(found["next_due"]),
        "interval": pause,
        "heartbeat": format_seconds(made.job.timing.heartbeat),
        **spent(made.receipt),
    }
    facts(shown, title=title)
