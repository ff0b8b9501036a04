"""Python environments from hashed pins, and how bootstrap runs and reports things.

Standard library only, and readable by any Python 3.8+.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator, List, Optional, Sequence, Union

ROOT = Path(__file__).resolve().parent.parent
VENVS = ROOT / ".venv"
TOOLS = VENVS / "tools"
#: Target -> Python minor versions that its pins resolve for, best first.
PYTHONS = {"run": (12, 11, 13, 14), "dev": (12, 11), "analysis": (12, 11)}
#: Target -> what the user typed to need it.
GOALS = {"run": "demo", "dev": "test", "analysis": "symbolic"}

#: Words of a command line.
Command = Sequence[Union[str, Path]]


class Failure(Exception):
    """What went wrong and the next action, in one line."""


def say(text: str) -> None:
    """Print one progress line at once."""
    print(text, flush=True)


def digest(*paths: Union[Path, str]) -> str:
    """Hash files (and strings) into one short content hash."""
    content = hashlib.sha256()
    for path in paths:
        content.update(path.read_bytes() if isinstance(path, Path) else str(path).encode())
    return content.hexdigest()[:24]


def is_stamped(folder: Path, key: str) -> bool:
    """Tell whether `folder` was completed with exactly this content hash."""
    stamp = folder / ".stamp"
    return stamp.is_file() and stamp.read_text() == key


def run_quietly(label: str, command: Command, advice: str, **options: Any) -> None:
    """Run a command with its output in a log; on failure name the cause and the next action."""
    log = VENVS / "bootstrap.log"
    with log.open("ab") as output:
        output.write(("\n$ " + " ".join(map(str, command)) + "\n").encode())
        output.flush()
        start = log.stat().st_size
        result = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **options,
        )
    if result.returncode == 0:
        return
    text = log.read_bytes()[start:].decode("utf-8", "replace")
    errors = re.findall(r"^(?:npm error|ERROR:|error:)\s*(.+)$", text, re.M | re.I)
    lines = [line for line in text.splitlines() if line.strip()] or ["no output"]
    cause = (errors or lines)[-1 if not errors else 0].strip()[:160]
    raise Failure("%s failed (%s); %s; log: %s" % (label, cause, advice, log))


def probe(command: Command) -> str:
    """Return the first output lines of `command`, or "" when it cannot run."""
    try:
        result = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout.decode("utf-8", "replace") if result.returncode == 0 else ""


def search(tool: str) -> Optional[str]:
    """Find a program of the user's own on PATH: neither ours nor an npm launcher."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    own = [name for name in folders if name != str(TOOLS) and "node_modules" not in name]
    found = shutil.which(tool, path=os.pathsep.join(own))
    return None if found and "node_modules" in str(Path(found).resolve()) else found


def is_usable(python: Union[str, Path], target: str) -> bool:
    """Tell whether a Python runs, has venv and pip, and is of a version that `target` allows."""
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    return probe([python, "-c", code]).strip() in ["3.%d" % minor for minor in PYTHONS[target]]


def find_python(target: str) -> str:
    """Return a Python that the pins of `target` resolve for: this one, else one on PATH.

    Raises:
        Failure: none is installed; the line names the remedy.
    """
    names = [sys.executable] + [shutil.which("python3.%d" % minor) for minor in PYTHONS[target]]
    for name in names:
        if name and is_usable(name, target):
            return name
    low, high = min(PYTHONS[target]), max(PYTHONS[target])
    raise Failure(
        "`make %s` needs Python 3.%d to 3.%d with venv and pip, and this is %d.%d: install one, or "
        "name it: make PYTHON=/path/to/python3.%d"
        % (GOALS[target], low, high, *sys.version_info[:2], high)
    )


def make_venv(name: str, requirements: Sequence[str], target: str) -> Path:
    """Build `.venv/<name>` from hashed pins, unless exactly these are installed already."""
    folder = VENVS / name
    python = folder / "bin" / "python"
    key = digest(*[ROOT / "requirements" / file for file in requirements], str(ROOT))
    if is_stamped(folder, key) and is_usable(python, target):
        return folder
    base = find_python(target)
    say("bootstrap: installing .venv/%s (%s), about a minute" % (name, ", ".join(requirements)))
    shutil.rmtree(folder, ignore_errors=True)
    run_quietly(
        "creating .venv/%s" % name,
        [base, "-m", "venv", folder],
        "install the venv and pip modules of this Python (Debian: apt-get install python3-venv)",
    )
    pip: List[Union[str, Path]] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--no-deps",
    ]
    pip += ["--require-hashes", "--no-build-isolation", "--disable-pip-version-check"]
    for file in requirements:
        run_quietly(
            "installing requirements/%s" % file,
            [*pip, "-r", ROOT / "requirements" / file],
            "check the network or your package index, then run the same command again",
        )
    (folder / ".stamp").write_text(key)
    return folder


def link_project(folder: Path) -> None:
    """Make `agent_sdk` importable and `everloop` runnable from a venv, without a build step.

    Whatever starts from this venv finds the pinned tools, with or without make.
    """
    packages = next(folder.glob("lib/python3*/site-packages"))
    defaults = {"SOLCX_BINARY_PATH": str(TOOLS), "APE_DATA_FOLDER": str(ROOT / ".everloop" / "ape")}
    code = "import os; [os.environ.setdefault(*item) for item in %r.items()]" % defaults
    path = "os.environ.update(PATH=%r + os.pathsep + os.environ.get('PATH', ''))" % str(TOOLS)
    write_changed(packages / "everloop-source.pth", "%s\n%s; %s\n" % (ROOT, code, path))
    script = "#!%s\nimport sys\n\nfrom agent_sdk.cli import main\n\nsys.exit(main())\n"
    write_changed(folder / "bin" / "everloop", script % (folder / "bin" / "python"))
    (folder / "bin" / "everloop").chmod(0o755)


def write_changed(path: Path, text: str) -> None:
    """Write a file unless it says so already: other processes may be reading it."""
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of .venv/, so that two commands started together do not install twice."""
    VENVS.mkdir(exist_ok=True)
    with (VENVS / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def give_home() -> None:
    """Give npm and pip a folder for their caches where the environment names none."""
    if not os.access(os.environ.get("HOME") or "/nowhere", os.W_OK):
        home = VENVS / "home"
        home.mkdir(exist_ok=True)
        os.environ["HOME"] = str(home)
