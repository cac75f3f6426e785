"""Credentials, judged by the libraries that wallets and verifiers use."""

import os
from pathlib import Path

from harness import Failed, run, run_example
from packages import npm, pip

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "interop"

OWF = {"@owf/mdoc": "0.6.0"}
AUTH0 = {"@auth0/mdl": "3.0.1"}
PYMDOCCBOR = {"pymdoccbor": "1.4.0"}


def made(card):
    """The folder of credentials, made once a run by the example `make_credentials`."""
    folder = Path(card.scratch.name) / "credentials"
    if not folder.exists():
        run_example(card.binary, "make_credentials", folder)
    return folder


def owf():
    return npm(BUILT / "npm-owf-mdoc", OWF)


def auth0():
    return npm(BUILT / "npm-auth0-mdl", AUTH0)


def pymdoccbor():
    return pip(BUILT / "pip-pymdoccbor", PYMDOCCBOR)


def judged_by_node(card, script, cwd):
    folder = made(card)
    status, output = run("node", HERE / script, cwd, folder)
    if status != 0:
        raise Failed(output)


def owf_judges_our_mdoc(card):
    judged_by_node(card, "mdoc/owf.mjs", owf())


def auth0_judges_our_mdoc(card):
    judged_by_node(card, "mdoc/auth0.mjs", auth0())


def pymdoccbor_reads_our_mdoc(card):
    folder = made(card)
    python = pymdoccbor()
    status, output = run(python, HERE / "mdoc/read_by_pymdoccbor.py", folder)
    if status != 0:
        raise Failed(output)


JUDGES = {
    "@owf/mdoc judges our mdoc": owf_judges_our_mdoc,
    "@auth0/mdl judges our mdoc": auth0_judges_our_mdoc,
    "pymdoccbor reads our mdoc": pymdoccbor_reads_our_mdoc,
}
