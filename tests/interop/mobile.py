"""Judges of SD-JWT VC and of status lists: packages of npm and of PyPI, installed below
`target/interop/sd_jwt` at their first run."""

import shutil
import sys
from pathlib import Path

from harness import BUILD_PATIENCE, Failed, Skipped, need, run, run_example

HERE = Path(__file__).resolve().parent
JUDGES = HERE / "sd_jwt"


def made(card):
    """The folder with what is judged."""
    folder = Path(card.scratch.name) / "sd_jwt"
    if not folder.exists():
        run_example(card.binary, "make_sd_jwt", folder)
    return folder


def installed(built, proof, *command):
    """The folder in which the packages are, if they can be had."""
    out = built / "sd_jwt"
    out.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(JUDGES / name, out / name)
    if not (out / proof).exists():
        status, output = run(*(str(word).format(out=out) for word in command),
                             patience=BUILD_PATIENCE)
        if status != 0:
            last = (output.strip().splitlines() or ["no output"])[-1]
            raise Skipped(f"its packages cannot be installed: {last}")
        (out / proof).touch()
    return out


def judged(command, least):
    status, output = run(*command)
    if status != 0 or output.count("PASS ") < least or "FAIL " in output:
        raise Failed(output)


def install_js(built):
    need("node", "npm")
    return installed(built, "node_modules/.done", "npm", "ci", "--prefix", "{out}", "--no-audit",
                     "--no-fund", "--ignore-scripts")


def sd_jwt_js(card, built):
    out = install_js(built)
    judged(("node", JUDGES / "judge.mjs", made(card), out.resolve()), 12)


def install_python(built):
    venv = built / "sd_jwt" / "venv"
    if not (venv / "bin" / "python").exists():
        status, output = run(sys.executable, "-m", "venv", venv, patience=BUILD_PATIENCE)
        if status != 0:
            raise Skipped(f"no virtual environment: {output.strip()[-200:]}")
    installed(built, "venv/.done", venv / "bin" / "python", "-m", "pip", "install", "--quiet",
              "--disable-pip-version-check", "-r", JUDGES / "requirements.txt")
    return venv


def sd_jwt_python(card, built):
    venv = install_python(built)
    judged((venv / "bin" / "python", JUDGES / "judge.py", made(card)), 12)
