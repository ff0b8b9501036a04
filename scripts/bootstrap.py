"""Build the environments that the Makefile uses: `python3 scripts/bootstrap.py run|dev|analysis`.

Standard library only, and readable by any Python 3.8+, so that a wrong version gets one clear line.
Nothing is done when the content hash of the pins is the one that was installed last.

What it leaves, all inside the repository and ignored by git:
    .venv/run, .venv/dev    Python from requirements/{run,dev}.txt (hashes checked)
    .venv/analysis          slither and halmos from requirements/analysis.txt (hashes checked)
    .venv/node              Node from PyPI, only where the machine has no Node 20 or later
    node_modules/           npm packages from package-lock.json
    .venv/tools/            solc, forge, anvil, cast, and solc-v<version> for py-solc-x
"""

from __future__ import annotations

import sys
from typing import Sequence

from chain_tools import install_tools
from venvs import PYTHONS, Failure, alone, give_home, link_project, make_venv


def main(arguments: Sequence[str]) -> int:
    """Prepare the environment named by the only argument; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in PYTHONS:
        print("usage: python3 scripts/bootstrap.py run|dev|analysis", file=sys.stderr)
        return 2
    target = arguments[0]
    try:
        with alone():
            give_home()
            folder = make_venv(target, ["build.txt", target + ".txt"], target)
            if target != "analysis":
                link_project(folder)
            install_tools(target)
    except Failure as failure:
        print("bootstrap: %s" % failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
