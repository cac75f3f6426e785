"""Packages of npm and PyPI, each set in a folder of its own below the target folder."""

import json
import sys
from pathlib import Path

from harness import BUILD_PATIENCE, Skipped, check, need, run


def npm(folder, packages):
    """A folder where node finds these packages: `{name: version}`, nothing of them run."""
    need("node", "npm")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": packages}))

    def installed(name):
        file = folder / "node_modules" / name / "package.json"
        return json.loads(file.read_text())["version"] if file.exists() else None

    if any(installed(name) != version for name, version in packages.items()):
        status, output = run("npm", "install", "--prefix", folder, "--no-audit", "--no-fund",
                             "--ignore-scripts", patience=BUILD_PATIENCE)
        if status != 0:
            last = (output.strip().splitlines() or ["no reason"])[-1]
            raise Skipped(f"npm could not install {', '.join(packages)}: {last}")
    return folder


def pip(folder, packages):
    """The Python of an environment that has these packages: `{name: version}`."""
    python = Path(folder) / "bin" / "python"
    if not python.exists():
        status, output = run(sys.executable, "-m", "venv", folder, patience=BUILD_PATIENCE)
        if status != 0:
            raise Skipped(f"no virtual environment of Python: {output.strip()[-200:]}")
    wanted = [f"{name}=={version}" for name, version in packages.items()]
    frozen = {line.lower() for line in check(python, "-m", "pip", "freeze").splitlines()}
    if not {package.lower() for package in wanted} <= frozen:
        status, output = run(python, "-m", "pip", "install", "--quiet",
                             "--disable-pip-version-check", *wanted, patience=BUILD_PATIENCE)
        if status != 0:
            last = (output.strip().splitlines() or ["no reason"])[-1]
            raise Skipped(f"pip could not install {', '.join(packages)}: {last}")
    return python
