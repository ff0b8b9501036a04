"""What the guide shows in Python runs as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from agent_sdk.abi import decode_result, encode_call
from agent_sdk.deployment import default_path
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.types import Call
from tests.e2e.test_readme import environment

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 120


def test_the_signed_question_of_the_guide_is_answered(net: Everloop, tmp_path: Path) -> None:
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "docs/guide.md").read_text("utf-8"), re.M | re.S
    )
    net.deployment.save(tmp_path / default_path(net.chain.chain_id))
    done = subprocess.run(
        [sys.executable, "-c", code + "print(box)\n"],
        cwd=tmp_path,
        env=environment(EVERLOOP_RPC=net.chain.url, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    said, box = done.stdout.splitlines()
    words, _, paid = said.rpartition(" ")
    assert (words, int(paid) > 0) == ("The Tagus.", True)
    data = net.chain.call(Call(box, encode_call("AnswerBox", "lastAnswer")))
    assert decode_result("AnswerBox", "lastAnswer", data) == keccak(b"The Tagus.")
