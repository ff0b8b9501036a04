"""The command line: `everloop`.

Exit codes: 0 done · 1 a check failed · 2 usage or configuration · 3 no chain · 4 refused.
Nothing heavy is imported before a command needs it, so that help is fast.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

import click

from agent_sdk import __version__
from agent_sdk.cli.account import account
from agent_sdk.cli.agent import agent
from agent_sdk.cli.deploy import deploy
from agent_sdk.cli.doctor import doctor
from agent_sdk.cli.fsm import fsm
from agent_sdk.cli.keeper import keeper
from agent_sdk.cli.output import plain
from agent_sdk.cli.provider import provider
from agent_sdk.cli.stack import demo, down, up
from agent_sdk.cli.task import task
from agent_sdk.errors import EverloopError

__all__ = ["cli", "main"]

_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="everloop")
def cli() -> None:
    """Autonomous on-chain agents: deploy them, fund them, watch them, check their history.

    What is kept (deployment files, keystores, journals) is in `.everloop` of the directory where a
    command runs. Options with an [env var] may stand in the environment.

    Reads take --json. Exit codes: 0 done, 1 a check failed, 2 usage or configuration,
    3 no chain, 4 a contract refused.
    """


for _command in (account, agent, demo, deploy, doctor, down, fsm, keeper, provider, task, up):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what is not an error of ours shows its trace."""
    try:
        result = cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="everloop",
            standalone_mode=False,
        )
    except click.NoSuchOption as error:
        if re.match(r"-\d", error.option_name):
            click.echo(f"everloop: {plain(error.option_name)}… is negative: give more", err=True)
            return error.exit_code
        error.show()
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("everloop: interrupted", err=True)
        return _INTERRUPTED
    except EverloopError as error:
        click.echo(f"everloop: {plain(error)}", err=True)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0
