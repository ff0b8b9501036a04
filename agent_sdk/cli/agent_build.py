"""`everloop agent build` and `publish`: from a Solidity file to something that can be cloned."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from agent_sdk.cli.options import (
    Connection,
    chain_options,
    examples,
    json_option,
    quiet_option,
)
from agent_sdk.cli.output import facts, show_json

__all__ = ["build", "publish"]


@click.command(epilog=examples("agent build Thermostat.sol"))
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def build(file: Path, as_json: bool) -> None:
    """Compile the agent in the Solidity FILE, and make its manifest of its NatSpec.

    It imports what is packaged as "everloop/agent/Agent.sol" and OpenZeppelin from node_modules.
    `agent publish` finds it by the contract's name, in this directory.
    """
    from agent_sdk.artifacts import MAX_CODE, OWN, packaged
    from agent_sdk.compiler import build_agent
    from agent_sdk.errors import CompileError
    from agent_sdk.manifest import Manifest

    try:
        built = build_agent(file, say=None if as_json else partial(click.echo, err=True))
    except CompileError as error:
        for note in getattr(error, "__notes__", ()) if not as_json else ():
            click.echo(note, err=True)
        raise
    if built.name in packaged():
        raise CompileError(f"{built.name} is a contract of Everloop's own: give yours another name")
    path = built.save(OWN)
    manifest = Manifest.from_dict(built.artifact["manifest"])
    actions = [tool.name for tool in manifest.tools]
    found = {"name": built.name, "file": str(path), "bytes": built.size, "actions": actions}
    if as_json:
        count = len(manifest.examples)
        show_json({**found, "examples": count, "warnings": list(built.warnings)})
        return
    facts(
        {
            "file": path,
            "code": f"{built.size} bytes of at most {MAX_CODE}",
            "actions": ", ".join(actions),
            "examples": len(manifest.examples),
            "next": f"everloop agent publish {built.name}",
        },
        title=f"Built {built.name}",
    )
    for warning in built.warnings:
        click.echo(warning, err=True)


@click.command(epilog=examples("agent publish CounterAgent", "agent publish CounterAgent --force"))
@click.argument("name")
@click.option("--force", is_flag=True, help="Publish it anew, after a change of its code.")
@quiet_option
@json_option
@chain_options(account=True)
def publish(connection: Connection, name: str, force: bool, quiet: bool, as_json: bool) -> None:
    """Deploy the compiled agent NAME for cloning and write it into the deployment file.

    NAME is an example of Everloop's, or what `agent build` compiled in this directory; `agent
    create NAME` makes clones of it. Clones made before a change keep the code they were made of.
    """
    from agent_sdk.deploy import publish as run
    from agent_sdk.errors import ConfigError

    net = connection.network(sign=True)
    known = net.deployment.implementations.get(name)
    if known and not force:
        raise ConfigError(
            f"agent {name} is published already, at {known}: clone it with `everloop agent create "
            f"{name}`, or publish its present code with --force"
        )
    path = connection.deployment_path(net.chain.chain_id)
    assert net.signer is not None
    made = run(net.chain, net.signer, name, deployment=net.deployment)
    made.save(path)
    address = made.implementations[name]
    if as_json:
        show_json({"name": name, "implementation": address, "file": str(path)})
        return
    if quiet:
        click.echo(address)
        return
    facts({"implementation": address, "file": path}, title=f"Published {name}")
