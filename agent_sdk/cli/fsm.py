"""`everloop fsm`: check, compose, draw, lint and compile FSM Apps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent_sdk.cli.fsm_runs import replay, simulate
from agent_sdk.cli.options import examples, json_option
from agent_sdk.cli.output import plain, show_json
from agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from agent_sdk.fsm.finding import Finding

__all__ = ["fsm"]

_COMPATIBLE = "open-autonomy"
_REFUSED = 2

_specs = click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path))
_spec = click.argument("spec", type=click.Path(path_type=Path))
_out = click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="File to write.  [default: the terminal]"
)
_compat = click.option(
    "--compat",
    type=click.Choice([_COMPATIBLE]),
    help="Verdicts of that framework instead of ours.",
)


@click.group()
def fsm() -> None:
    """Check, compose, draw, run and compile FSM Apps: YAML or JSON specifications."""


@fsm.command(epilog=examples("fsm check app.yaml other.yaml --json"))
@_specs
@_compat
@json_option
def check(specs: tuple[Path, ...], compat: str | None, as_json: bool) -> int:
    """Name every rule that specifications break; exits with 1 if any."""
    from agent_sdk.fsm.check import check_file

    found = [one for spec in specs for one in check_file(spec, compat=compat is not None)]
    return _report(found, as_json=as_json, good=f"{_count(len(specs), 'specification')} sound")


@fsm.command(
    epilog=examples(
        "fsm compose --app first.yaml --app second.yaml --mapping map.yaml -o composed.yaml"
    )
)
@click.option(
    "--app",
    "apps",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Specification; once per app, the entry first.",
)
@click.option(
    "--mapping",
    required=True,
    type=click.Path(path_type=Path),
    help="YAML or JSON: {final state: start state}.",
)
@click.option(
    "--meta",
    type=click.Path(path_type=Path),
    help="Timeouts and conditions: event_to_timeout, db_pre, db_post, a list each, one entry per "
    "app.",
)
@click.option("--label", default="ComposedAbciApp", show_default=True, help="Name of the result.")
@_compat
@_out
@json_option
def compose(
    apps: tuple[Path, ...],
    mapping: Path,
    meta: Path | None,
    label: str,
    compat: str | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Chain apps into one; exits with 2 and names the broken rules if they cannot be.

    Each mapped final state gives way to the start state it is mapped to.
    What is written is JSON if the name of the file ends in .json, or with --json.
    """
    from agent_sdk.fsm.compose import compose_files
    from agent_sdk.fsm.finding import RulesBroken

    try:
        composed = compose_files(apps, mapping, label=label, meta=meta, compat=compat is not None)
    except RulesBroken as error:
        return _refuse(error.findings)
    form = "json" if as_json or (out and out.suffix.lower() == ".json") else "yaml"
    _write(composed.dumps(form=form), out)
    return 0


@fsm.command(epilog=examples("fsm graph app.yaml --format svg -o app.svg"))
@_spec
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "svg"]), default="mermaid", show_default=True
)
@_out
def graph(spec: Path, form: str, out: Path | None) -> None:
    """Draw a specification as text for Mermaid or as SVG."""
    from agent_sdk.fsm.graph import mermaid
    from agent_sdk.fsm.spec import Spec
    from agent_sdk.fsm.svg import svg

    _write((svg if form == "svg" else mermaid)(Spec.load(spec)), out)


@fsm.command(epilog=examples("fsm lint rounds.py behaviours/"))
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def lint(paths: tuple[Path, ...], as_json: bool) -> int:
    """Name what would differ between operators in Python files; exits with 1 if anything.

    Rules: time, random, float, unordered, dumps, outside.
    A comment `# fsm: allow RULE: reason` on the line makes an exception.
    """
    from agent_sdk.fsm.lint import lint_paths

    return _report(lint_paths(list(paths)), as_json=as_json, good="nothing differs")


@fsm.command(epilog=examples("fsm table app.yaml --python -o bindings.py"))
@_spec
@click.option("--python", is_flag=True, help="Write Python bindings instead of JSON.")
@_out
def table(spec: Path, python: bool, out: Path | None) -> int:
    """Compile a specification with `rounds` to the packed transition table of a contract."""
    import json

    from agent_sdk.fsm.bindings import bindings
    from agent_sdk.fsm.finding import RulesBroken
    from agent_sdk.fsm.spec import Spec
    from agent_sdk.fsm.table import compile_table

    try:
        compiled = compile_table(Spec.load(spec), file=str(spec))
    except RulesBroken as error:
        return _refuse(error.findings)
    names = {name: getattr(compiled, name) for name in ("states", "events", "keys", "payloads")}
    shown = {"label": compiled.label, "start": compiled.start, **names}
    text = json.dumps({**shown, "code": f"0x{compiled.code.hex()}"}, indent=2) + "\n"
    _write(bindings(compiled) if python else text, out)
    return 0


fsm.add_command(replay)
fsm.add_command(simulate)


def _report(findings: Sequence[Finding], *, as_json: bool, good: str) -> int:
    """Print findings and return the exit code."""
    if as_json:
        show_json({"ok": not findings, "findings": [one.to_dict() for one in findings]})
    else:
        for one in findings:
            click.echo(plain(one))
        click.echo(_count(len(findings), "finding") if findings else good)
    return 1 if findings else 0


def _refuse(findings: Sequence[Finding]) -> int:
    for one in findings:
        click.echo(f"everloop: {plain(one)}", err=True)
    return _REFUSED


def _write(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}; name another file") from None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
