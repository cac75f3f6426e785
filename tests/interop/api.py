"""The issuer's OpenAPI document, judged by openapi-spec-validator of PyPI."""

import json
import sys
from pathlib import Path

from harness import BUILD_PATIENCE, Failed, check, need, run

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "src" / "issuer" / "http" / "openapi.json"
VALIDATOR = "openapi-spec-validator==0.9.0"


def validator(built):
    """The Python that has the validator."""
    need("python3")
    venv = built / "openapi"
    python = venv / "bin" / "python"
    if not python.exists() or run(python, "-c", "import openapi_spec_validator")[0] != 0:
        check(sys.executable, "-m", "venv", venv, patience=BUILD_PATIENCE)
        check(python, "-m", "pip", "install", "--quiet", VALIDATOR, patience=BUILD_PATIENCE)
    return python


def document_is_openapi(card, built):
    """It is taken as OpenAPI 3.1, and refused where it says something wrong."""
    python = validator(built)
    check(python, "-m", "openapi_spec_validator", DOCUMENT)
    broken = json.loads(DOCUMENT.read_text())
    broken["paths"]["/token"]["post"]["responses"]["200"].pop("description")
    file = card.folder("openapi") / "broken.json"
    file.write_text(json.dumps(broken))
    if run(python, "-m", "openapi_spec_validator", file)[0] == 0:
        raise Failed("a response without description passed")
