"""Write measured figures into README.md: `python scripts/readme.py [--check] [--eval]`.

cost  gas per step from benchmarks/gas.json, at the demo's pace and the default offer
eval  accuracy of the engines from benchmarks/eval.json, which `--eval` measures anew (minutes)

Each stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.
`--check` compares instead of writing, and refuses an evaluation of other cases or another manifest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
GAS = ROOT / "benchmarks" / "gas.json"
EVAL = ROOT / "benchmarks" / "eval.json"
CASES = ROOT / "benchmarks" / "cases.json"
SUBJECT = "TreasuryAgent"
DAY = 86_400


class ReadmeError(Exception):
    """The figures cannot be written or do not hold; the message is what to print."""


def measured_inputs() -> str:
    """Hash what an evaluation depends on: the cases, and the manifest that the engines read."""
    artifact = json.loads((ROOT / f"agent_sdk/artifacts/{SUBJECT}.json").read_text("utf-8"))
    manifest = json.dumps(artifact["manifest"], sort_keys=True)
    return hashlib.sha256(CASES.read_bytes() + manifest.encode()).hexdigest()


def measure() -> None:
    """Run the evaluation and write its figures to benchmarks/eval.json."""
    inputs = measured_inputs()
    command = [sys.executable, "-m", "benchmarks.eval", "--json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found = {"inputs": inputs, **json.loads(done.stdout)}
    EVAL.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def cost() -> str:
    """Return what a step and a day cost at three gas prices."""
    from agent_sdk.blueprints import DEFAULT_LOOP
    from agent_sdk.demo import LOOP
    from agent_sdk.demo_report import PRICES
    from agent_sdk.providers import DEFAULT_OFFER
    from agent_sdk.units import GWEI

    gas: int = json.loads(GAS.read_text("utf-8"))["autonomy_step"]
    fee = DEFAULT_OFFER.fee(DEFAULT_LOOP.output_limit)
    steps = DAY // LOOP.interval
    lines = [
        f"A whole step of the smallest agent takes {gas:,} gas; a provider with the default offer "
        f"takes {_ether(fee)} ether besides.",
        f"A day is {steps} steps, the pace of the demo, which prints the figures of its own agent.",
        "",
        "| gas price | gas of a step, ether | with the fee | a day, ether |",
        "|---|---|---|---|",
    ]
    for price in PRICES:
        step = gas * price + fee
        cells = (gas * price, step, steps * step)
        lines.append(f"| {price / GWEI:g} gwei | " + " | ".join(map(_ether, cells)) + " |")
    lines += ["", "[benchmarks/gas.json](benchmarks/gas.json) has every path (`make gas`)."]
    return "\n".join(lines)


def evaluation() -> str:
    """Return how well the engines decide, and what the embedded model adds.

    Raises:
        ReadmeError: the figures are of other cases or of another manifest.
    """
    found: dict[str, Any] = json.loads(EVAL.read_text("utf-8"))
    if found["inputs"] != measured_inputs():
        raise ReadmeError(
            "benchmarks/eval.json is of other cases or another manifest: "
            "run `python scripts/readme.py --eval`"
        )
    scores = {score["engine"]: score for score in found["scores"]}
    llama, plain, thrifty = scores["llama"], scores["exemplar"], scores["utility"]
    model = llama["model"].split(".")[0]
    lines = [
        f"Plainly: {model} repeats the action of the nearest worked example in "
        f"{_share(llama['nearest'])} of {llama['cases']} held-out cases, and reads the arguments.",
        f"With the labels of the examples exchanged, {_share(llama['permuted_nearest'])} of its "
        f"answers to {llama['permuted_cases']} cases follow the wrong label: it does not judge.",
        "Repeating the nearest example as it is gets "
        f"{_share(found['verbatim_arguments'])} of the arguments right, so reading them is what "
        "the model adds; `exemplar`, which copies the numbers by rule, gets "
        f"{_share(plain['arguments'])} without a model.",
        f"`utility`, which weighs costs and has neither model nor embedder, gets "
        f"{_share(thrifty['action'])} of the actions and {_share(thrifty['arguments'])} of the "
        "arguments: money is ample in these cases, so it follows the examples too.",
        f"Over `exemplar`, the model adds {_points(llama, plain, 'action')} points of actions and "
        f"{_points(llama, plain, 'arguments')} points of arguments on these cases.",
        "",
        "| engine | action | arguments | unseen facts | as nearest example | labels exchanged |",
        "|---|---|---|---|---|---|",
    ]
    keys = ("action", "arguments", "unseen_action", "nearest", "permuted_action")
    for name, score in scores.items():
        lines.append(f"| `{name}` | " + " | ".join(_share(score[key]) for key in keys) + " |")
    lines += ["", "`make eval` measures it anew."]
    return "\n".join(lines)


SECTIONS = {"cost": cost, "eval": evaluation}


def rendered(text: str) -> str:
    """Return the README with its generated parts as they should be.

    Raises:
        ReadmeError: a part has no markers, or its figures do not hold.
    """
    for name, section in SECTIONS.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
        if len(pattern.findall(text)) != 1:
            raise ReadmeError(f"README.md needs `{begin}` and `{end}` once, in this order")
        part = f"{begin}\n{section()}\n{end}"
        text = pattern.sub(lambda _, part=part: part, text)  # type: ignore[misc]
    return text


def _ether(wei: int) -> str:
    """Return an amount in ether, rounded to 10^-6."""
    return f"{wei / 10**18:.6f}"


def _share(value: float) -> str:
    """Return a share of 1 as a percentage."""
    return f"{100 * value:.0f} %" if value in (0, 1) else f"{100 * value:.1f} %"


def _points(ours: dict[str, float], theirs: dict[str, float], key: str) -> str:
    """Return a difference of two shares in percentage points."""
    return f"{100 * (ours[key] - theirs[key]):.1f}".removesuffix(".0")


def main() -> int:
    """Write or check the figures; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--eval", action="store_true", help="measure the engines first")
    options = parser.parse_args()
    try:
        if options.eval:
            measure()
        text = README.read_text("utf-8")
        wanted = rendered(text)
    except ReadmeError as error:
        print(f"readme: {error}", file=sys.stderr)
        return 1
    if options.check and wanted != text:
        print("readme: figures are out of date; run `python scripts/readme.py`", file=sys.stderr)
        return 1
    if not options.check:
        README.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
