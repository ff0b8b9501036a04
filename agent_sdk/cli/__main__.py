"""`python -m agent_sdk.cli` is `everloop`."""

import sys

from agent_sdk.cli import main

sys.exit(main())
