"""Resolve requirements/*.in and package.json into hashed pins without host names: `make lock`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from venvs import ROOT, VENVS, make_venv

REQUIREMENTS = ROOT / "requirements"


def lock_python(uv: Path, name: str) -> None:
    """Write requirements/<name>.txt from <name>.in, for every platform and Python it allows."""
    command = [str(uv), "--config-file", "uv.toml", "pip", "compile", "--upgrade", "--quiet"]
    command += ["--system-certs", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-annotate", "--custom-compile-command", "make lock"]
    command += ["-o", f"{name}.txt", f"{name}.in"]
    subprocess.run(command, cwd=REQUIREMENTS, check=True)


def lock_npm() -> None:
    """Write package-lock.json without registry addresses (.npmrc) and without funding links."""
    command = ["npm", "install", "--package-lock-only", "--ignore-scripts"]
    subprocess.run(command, cwd=ROOT, check=True)
    path = ROOT / "package-lock.json"
    lock = json.loads(path.read_text("utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
    path.write_text(json.dumps(lock, indent=2) + "\n", "utf-8")


def main() -> None:
    """Resolve every list of pins."""
    VENVS.mkdir(exist_ok=True)
    folder = make_venv("lock", ["build.txt", "lock.txt"], "run")
    for name in ("build", "lock", "node", "run", "dev", "analysis"):
        lock_python(folder / "bin" / "uv", name)
        print(f"lock: requirements/{name}.txt", flush=True)
    lock_npm()
    print("lock: package-lock.json")


if __name__ == "__main__":
    main()
