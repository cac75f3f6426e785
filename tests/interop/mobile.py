"""Judges of SD-JWT VC and of status lists: packages of npm and of PyPI.

They are looked for in `target/interop/sd_jwt` (`npm ci`, a virtual environment in `venv`), where
`tests/interop/sd_jwt/install` puts them.
"""

import os
from pathlib import Path

from harness import BUILD_PATIENCE, Failed, Skipped, check, need, run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
INSTALLED = TARGET / "interop" / "sd_jwt"
INSTALL = "run tests/interop/sd_jwt/install"


def made(card):
    """The folder with what is judged."""
    folder = Path(card.scratch.name) / "sd_jwt"
    if not folder.exists():
        need("cargo")
        check("cargo", "run", "--quiet", "--locked", "--manifest-path", ROOT / "Cargo.toml",
              "--features", "credentials", "--example", "make_sd_jwt", "--", folder,
              patience=BUILD_PATIENCE)
    return folder


def judged(command, least):
    status, output = run(*command)
    if status != 0 or output.count("PASS ") < least or "FAIL " in output:
        raise Failed(output)


def sd_jwt_js(card):
    need("node")
    if not (INSTALLED / "node_modules" / "@sd-jwt" / "sd-jwt-vc").is_dir():
        raise Skipped(f"@sd-jwt/sd-jwt-vc is not installed: {INSTALL}")
    judged(("node", HERE / "sd_jwt" / "judge.mjs", made(card), INSTALLED), 12)


def sd_jwt_python(card):
    python = INSTALLED / "venv" / "bin" / "python"
    if not python.exists():
        raise Skipped(f"sd-jwt and cwt are not installed: {INSTALL}")
    judged((python, HERE / "sd_jwt" / "judge.py", made(card)), 12)
