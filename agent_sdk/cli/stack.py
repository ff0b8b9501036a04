"""`everloop up`, `down` and `demo`: everything on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from agent_sdk.cli.options import json_option
from agent_sdk.cli.output import facts, plain, show_json
from agent_sdk.settings import CURRENT

__all__ = ["DIRECTORY", "demo", "down", "up"]

DIRECTORY = Path(".everloop") / "stack"
"""Where `everloop up` keeps its stack."""


@click.command()
@click.option(
    "--engine",
    type=click.Choice(["llama", "exemplar", "utility"]),
    default="llama",
    show_default=True,
    help="What the providers answer with.",
)
@click.option("--providers", type=click.IntRange(1, 4), default=2, show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), help="Of the node.  [default: a free one]")
@json_option
def up(engine: str, providers: int, port: int | None, as_json: bool) -> None:
    """Start a private chain with contracts, a keeper and providers; `everloop down` stops it."""
    from agent_sdk.deployment import default_path
    from agent_sdk.errors import ConfigError
    from agent_sdk.stack import LocalStack

    running = LocalStack.attach(DIRECTORY)
    if running is not None:
        but = "".join(f", but {fault}" for fault in running.faults())
        raise ConfigError(f"a stack is up already here{but}: `everloop down` stops it")
    stack = LocalStack.up(DIRECTORY, engine=engine, providers=providers, port=port, detached=True)
    info = stack.info
    path = info.deployment.save(default_path(info.chain_id))
    CURRENT.write_text(json.dumps({"rpc": info.rpc}) + "\n", encoding="utf-8")
    found: dict[str, Any] = {**stack.status(), "deployment": str(path)}
    if as_json:
        show_json(found)
        return
    processes = ", ".join(f"{name} ({pid})" for name, pid in info.processes.items())
    facts(
        {
            "rpc": info.rpc,
            "everloop": info.deployment.everloop,
            "processes": processes,
            "next": 'everloop agent create TreasuryAgent --fund "1 ether"',
        },
        title="Up",
    )


@click.command()
@json_option
def down(as_json: bool) -> None:
    """Stop what `everloop up` started in this directory."""
    from agent_sdk.stack import LocalStack

    stack = LocalStack.attach(DIRECTORY)
    CURRENT.unlink(missing_ok=True)
    if stack is not None:
        stack.down()
    if as_json:
        show_json({"stopped": stack is not None})
        return
    click.echo("nothing runs here" if stack is None else "down")


def _demo_engine(_: click.Context, __: click.Parameter, value: str) -> str:
    """Take an engine that decides by itself what an agent that is new to it does."""
    from agent_sdk import engines
    from agent_sdk.errors import ConfigError

    if value not in ("llama", "exemplar", "utility"):
        if not value.startswith(("http://", "https://")):
            raise ConfigError(
                f"engine {value!r} does not run the demo: choose llama, exemplar, utility or "
                "http(s)://…/v1#MODEL of an OpenAI-like endpoint"
            )
        engines.engine(value)
    return value


@click.command()
@click.option(
    "--engine",
    callback=_demo_engine,
    default="llama",
    show_default=True,
    help="What the providers answer with: llama, exemplar, utility, or http(s)://…/v1#MODEL of "
    "an OpenAI-like endpoint.",
)
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    default=Path(".everloop"),
    show_default=True,
    help="Where demo.json goes.",
)
@click.option("--check", is_flag=True, help="Only check an earlier demo.json.")
def demo(engine: str, directory: Path, check: bool) -> int:
    """Watch a treasury agent run by itself for 13 steps, through a failover, and check it all."""
    if check:
        from agent_sdk.demo_check import check_file

        refusals = check_file(directory / "demo.json")
        for line in refusals:
            click.echo(plain(line), err=True)
        click.echo("genuine" if not refusals else "refused")
        return 1 if refusals else 0
    from agent_sdk.demo import run_demo

    return run_demo(directory, engine=engine)
