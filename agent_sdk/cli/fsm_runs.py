"""`everloop fsm replay | simulate`: run the model over records, and apps with faulty operators."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.options import examples, json_option
from agent_sdk.cli.output import facts, show_json, table
from agent_sdk.errors import ConfigError, EverloopError

if TYPE_CHECKING:
    from agent_sdk.fsm.app import FsmApp

__all__ = ["replay", "simulate"]

_COMPATIBLE = "open-autonomy"
#: Mismatches that are shown to people; --json has all.
_SHOWN = 20


@click.command(epilog=examples("fsm replay TRACES.json --compat open-autonomy"))
@click.argument("traces", type=click.Path(path_type=Path))
@click.option(
    "--engine",
    type=click.Choice(["python"]),
    default="python",
    show_default=True,
    help="What runs the traces: the reference model.",
)
@click.option(
    "--compat",
    type=click.Choice([_COMPATIBLE]),
    help="Rules of that framework, quirks included, instead of those of the chain.",
)
@json_option
def replay(traces: Path, engine: str, compat: str | None, as_json: bool) -> int:
    """Run recorded traces through the model and name every difference; exits with 1 if any."""
    from agent_sdk.fsm.model import CHAIN, OPEN_AUTONOMY
    from agent_sdk.fsm.replay import replay_file

    report = replay_file(traces, OPEN_AUTONOMY if compat == _COMPATIBLE else CHAIN)
    if as_json:
        show_json(asdict(report))
    else:
        numbers = {"traces": report.traces, "blocks": report.blocks}
        facts({**numbers, "mismatches": len(report.mismatches)})
        rows = [
            (m.trace, m.block, m.field, _short(m.expected), _short(m.actual))
            for m in report.mismatches[:_SHOWN]
        ]
        if rows:
            table(("trace", "block", "field", "recorded", "model"), rows, empty="")
    return 1 if report.mismatches else 0


@click.command(
    epilog=examples(
        "fsm simulate oracle --operators 4 --faults crash,lie --periods 1000 --seed 1",
        "fsm simulate my.package:APP --operators 7 --json",
    )
)
@click.argument("app")
@click.option("--operators", type=click.IntRange(1, 1_000), default=4, show_default=True)
@click.option(
    "--faults",
    default="",
    metavar="FAULT,…",
    help="One operator for each: crash, lie, delay or equivocate.",
)
@click.option("--periods", type=click.IntRange(1), default=100, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--at-once",
    type=click.IntRange(0),
    help="Operators at fault at the same time.  [default: floor((N - 1) / 3)]",
)
@json_option
def simulate(
    app: str,
    operators: int,
    faults: str,
    periods: int,
    seed: int,
    at_once: int | None,
    as_json: bool,
) -> int:
    """Run APP with faulty operators in virtual time: an example's name, or MODULE:NAME.

    Operators take turns at fault, so that no more are at fault at once than the thresholds allow.
    Exits with 1 if a wrong value was agreed on or a period did not end.
    """
    from agent_sdk.fsm.simulate import Fault
    from agent_sdk.fsm.simulate import simulate as run

    known = {fault.value: fault for fault in Fault}
    words = [word.strip() for word in faults.split(",") if word.strip()]
    for word in words:
        if word not in known:
            raise click.BadParameter(
                f"{word!r} is none of {', '.join(known)}", param_hint="--faults"
            )
    result = run(
        _find(app),
        operators=operators,
        faults=[known[word] for word in words],
        periods=periods,
        seed=seed,
        at_once=at_once,
    )
    if as_json:
        show_json(asdict(result))
    else:
        facts(asdict(result))
    return 0 if result.ok else 1


def _find(name: str) -> FsmApp:
    """Return a declared app: an example, or a name in a module.

    Raises:
        ConfigError: if there is none.
    """
    from importlib import import_module

    from agent_sdk.fsm.app import FsmApp
    from agent_sdk.fsm.examples import NAMES

    module, _, attribute = name.partition(":")
    if name in NAMES:
        module, attribute = f"agent_sdk.fsm.examples.{name}", "APP"
    choices = f"choose {', '.join(NAMES)} or MODULE:NAME of an FsmApp"
    if not attribute:
        raise ConfigError(f"app {name!r} is no example: {choices}")
    # A module of the folder at hand is found, as by `python -m`.
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(import_module(module), attribute, None)
    except EverloopError:
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise ConfigError(f"app {name!r} cannot be imported: {what}; {choices}") from error
    finally:
        sys.path.remove(str(Path.cwd()))
    if not isinstance(found, FsmApp):
        raise ConfigError(f"app {name!r} is no FsmApp: {choices}")
    return found


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"
