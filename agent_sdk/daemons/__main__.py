"""`python -m agent_sdk.daemons keeper|provider`: a daemon set up by EVERLOOP_* variables."""

from __future__ import annotations

import os
import sys

from agent_sdk.daemons import KeeperSettings, ProviderSettings, run_keeper, run_provider
from agent_sdk.errors import EverloopError


def main(role: str) -> int:
    """Run one daemon.

    Returns:
        0 when drained, else the exit code of the fault, which stands on stderr in one line.
    """
    try:
        if role == "keeper":
            return run_keeper(KeeperSettings.from_environment(os.environ))
        if role == "provider":
            return run_provider(ProviderSettings.from_environment(os.environ))
    except EverloopError as error:
        print(f"{role}: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{role!r} is no daemon: keeper or provider", file=sys.stderr)
    return 2


if __name__ == "__main__":
    code = main(sys.argv[1] if len(sys.argv) == 2 else "")
    sys.stderr.flush()
    # A thread inside a model's runtime must not be waited for.
    os._exit(code)
