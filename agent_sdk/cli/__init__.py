"""The command line: `everloop`.

Exit codes: 0 done · 1 a check failed · 2 usage or configuration · 3 no chain · 4 refused.
Results go to stdout, errors to stderr: one line of text, or of JSON where --json is asked for.
Nothing heavy is imported before a command needs it, so that help is fast.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

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

    Reads take --json; then an error is a line of JSON on stderr, {"error": {"type", "message",
    "exit_code"}}, and stdout stays empty. Exit codes: 0 done, 1 a check failed, 2 usage or
    configuration, 3 no chain, 4 a contract refused.
    """


for _command in (account, agent, demo, deploy, doctor, down, fsm, keeper, provider, task, up):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what is not an error of ours shows its trace."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    as_json = _wants_json(words)
    try:
        result = cli.main(args=words, prog_name="everloop", standalone_mode=False)
    except click.ClickException as error:
        return _usage(error, as_json=as_json)
    except (click.Abort, KeyboardInterrupt):
        _say("Interrupted", "interrupted", _INTERRUPTED, as_json=as_json)
        return _INTERRUPTED
    except EverloopError as error:
        more = error.details()
        _say(type(error).__name__, str(error), error.exit_code, as_json=as_json, **more)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0


def _wants_json(words: Sequence[str]) -> bool:
    """Whether the command is asked for JSON; also where it is too wrong to be parsed."""
    options = words[: words.index("--")] if "--" in words else words
    return "--json" in options


def _usage(error: click.ClickException, *, as_json: bool) -> int:
    """Say what is wrong with the words of a command; return the exit code."""
    text = ""
    if isinstance(error, click.NoSuchOption) and re.match(r"-\d", error.option_name):
        text = f"{error.option_name}… is negative: give more"
    if text or as_json:
        message = text or error.format_message()
        _say(type(error).__name__, message, error.exit_code, as_json=as_json)
    else:
        error.show()
    return error.exit_code


def _say(kind: str, message: str, exit_code: int, /, *, as_json: bool, **more: Any) -> None:
    """Print an error on stderr, in one line."""
    if as_json:
        error = {"type": kind, "message": plain(message), "exit_code": exit_code, **more}
        click.echo(json.dumps({"error": error}), err=True)
    else:
        click.echo(f"everloop: {plain(message)}", err=True)
