"""The help of the command line: complete, fast, true."""

from __future__ import annotations

import shlex
import subprocess
import sys

import click
import pytest

from agent_sdk.cli import cli, main

HEAVY = ("eth_abi", "eth_account", "eth_utils", "requests", "web3", "rich", "numpy", "pydantic")


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the words of every command."""
    found = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += leaves(command, (*path, name))
        else:
            found.append((*path, name))
    return found


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom agent_sdk.cli import main\nassert main(['agent', '--help']) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("words", leaves(cli), ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: everloop {' '.join(words)}")


EXAMPLES = {
    ("account", "withdraw"),
    ("agent", "changes"),
    ("agent", "providers"),
    ("agent", "publish"),
    ("agent", "rules"),
    ("agent", "signatures"),
    ("agent", "start"),
    ("agent", "wake"),
    ("agent", "withdraw-nft"),
    ("provider", "delist"),
    ("provider", "offer"),
    ("provider", "owner"),
    ("provider", "payout"),
    ("provider", "stand"),
    ("provider", "step-down"),
    ("provider", "unbond"),
    ("provider", "withdraw"),
    ("provider", "withdraw-stake"),
    ("account", "deposit"),
    ("account", "lock"),
    ("account", "show"),
    ("doctor",),
    ("provider", "authorise"),
    ("provider", "resign"),
    ("provider", "run"),
    ("task", "cancel"),
    ("task", "list"),
    ("task", "repost"),
    ("task", "schedule"),
    ("task", "update"),
}


@pytest.mark.parametrize("words", sorted(EXAMPLES), ids=" ".join)
def test_examples_in_help_are_commands(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--help"]) == 0
    _, _, shown = capsys.readouterr().out.partition("Examples:\n")
    lines = [part.strip() for line in shown.splitlines() for part in line.split("&&")]
    assert lines
    for line in lines:
        said = shlex.split(line)
        assert said[0] == "everloop"
        path = next(path for path in leaves(cli) if tuple(said[1 : len(path) + 1]) == path)
        command: click.Command = cli
        for name in path:
            assert isinstance(command, click.Group)
            command = command.commands[name]
        known = {option for one in command.params for option in one.opts}
        assert {word for word in said if word.startswith("--")} - known == set()


def test_the_commands_of_the_first_release_are_there() -> None:
    expected = {
        ("deploy",),
        ("up",),
        ("down",),
        ("demo",),
        ("doctor",),
        ("agent", "create"),
        ("agent", "fund"),
        ("agent", "inspect"),
        ("agent", "history"),
        ("agent", "verify"),
        ("keeper", "run"),
        ("provider", "register"),
        ("provider", "run"),
    }
    assert expected - set(leaves(cli)) == set()


def test_help_names_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["task", "cancel", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for name in ("RPC", "CHAIN_ID", "DEPLOYMENT", "ACCOUNT", "PASSWORD_FILE"):
        assert f"[env var: EVERLOOP_{name}]" in shown
    assert "http://127.0.0.1:8545" in shown
    assert main(["account", "new", "--help"]) == 0
    assert "EVERLOOP_PASSWORD_FILE" in capsys.readouterr().out
    assert main(["--help"]) == 0
    assert "is in `.everloop` of the directory" in " ".join(capsys.readouterr().out.split())


def test_help_of_the_demo_says_how_many_steps_it_makes(capsys: pytest.CaptureFixture[str]) -> None:
    from agent_sdk.demo import TOTAL_STEPS

    assert main(["demo", "--help"]) == 0
    assert f"for {TOTAL_STEPS} steps" in capsys.readouterr().out
