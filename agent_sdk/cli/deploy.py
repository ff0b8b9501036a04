"""`everloop deploy`: the contracts on a chain."""

from __future__ import annotations

import click

from agent_sdk.cli.options import Connection, chain_options, json_option, seconds
from agent_sdk.cli.output import facts, show_json

__all__ = ["deploy"]


@click.command()
@click.option("--governor", help="Who whitelists providers.  [default: the deployer]")
@click.option(
    "--whitelist-delay",
    callback=seconds,
    help="From whitelisting to serving, at most 30 d.  [default: 1 d; 0 on chain 31337]",
)
@click.option(
    "--agent",
    "agents",
    multiple=True,
    default=("TreasuryAgent",),
    show_default=True,
    help="Example agent to deploy for cloning; several times for several.",
)
@click.option("--force", is_flag=True, help="Replace a deployment file that still holds.")
@json_option
@chain_options(account=True)
def deploy(
    connection: Connection,
    governor: str | None,
    whitelist_delay: int | None,
    agents: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Deploy Everloop, registry, factory and example agents, and write where they are."""
    from agent_sdk.deploy import deploy as run
    from agent_sdk.deployment import Deployment
    from agent_sdk.errors import ConfigError, EverloopError
    from agent_sdk.payloads import address

    chain = connection.chain()
    path = connection.deployment_path(chain.chain_id)
    if path.exists() and not force:
        try:
            Deployment.load(path, chain_id=chain.chain_id).check(chain)
        except EverloopError:
            pass
        else:
            raise ConfigError(
                f"deployment file {path} names contracts that work: use them, "
                "or deploy anew with --force"
            )
    made = run(
        chain,
        connection.signer(chain.chain_id),
        governor=None if governor is None else address(governor),
        whitelist_delay=whitelist_delay,
        implementations=agents,
    )
    made.save(path)
    if as_json:
        show_json({**made.to_dict(), "file": str(path)})
        return
    names = ("everloop", "executor", "orders", "registry", "factory", "governor")
    parts = {part: getattr(made, part) for part in names}
    rest = {**made.contracts, **made.implementations}
    facts({**parts, **rest, "file": path}, title=f"Deployed on {made.chain_id}")
