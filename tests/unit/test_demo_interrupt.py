"""An interrupt of the demo is not lost where Python drops it."""

from __future__ import annotations

import io
import signal
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console

from agent_sdk.demo import _Demo
from agent_sdk.demo_view import View
from agent_sdk.types import Step


def test_an_interrupt_that_a_hook_swallowed_ends_the_demo_at_its_next_step(tmp_path: Path) -> None:
    console = Console(file=io.StringIO())
    demo = _Demo(tmp_path, "exemplar", console, 0.0)
    with pytest.raises(KeyboardInterrupt):
        demo.interrupt(signal.SIGTERM, None)
    with pytest.raises(KeyboardInterrupt):
        demo._go_on(cast("Step", None), View(console, {}))
