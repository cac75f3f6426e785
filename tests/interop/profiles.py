"""The schema of profiles, judged by the Python package jsonschema (Debian: python3-jsonschema)."""

import copy
import datetime
import json
import tomllib
from pathlib import Path

from harness import Failed, Skipped, check

PROFILES = Path(__file__).resolve().parent.parent.parent / "card-profiles"


def as_json(value):
    """TOML as JSON: a date is a text."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def wrong(document):
    """Changes of a profile that no schema of it may take."""
    for change in (
        lambda d: d.update(colour="red"),
        lambda d: d.update(seed=5),
        lambda d: d.setdefault("limits", {}).update(max_command=999),
        lambda d: d.update(pace=[{"mapping": "XX", "cipher": "AES-128"}]),
        lambda d: d.update(file=[{"path": "44", "kind": "transparent"}]),
        lambda d: d.update(file=[{"path": "4401"}]),
    ):
        changed = copy.deepcopy(document)
        change(changed)
        yield changed


def jsonschema_takes_profiles(card):
    try:
        from jsonschema import Draft202012Validator, FormatChecker
    except ImportError:
        raise Skipped("python3-jsonschema is not installed") from None
    schema = json.loads(check(card.binary, "profile", "schema"))
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema, format_checker=FormatChecker())
    for file in sorted(PROFILES.rglob("*.toml")):
        document = as_json(tomllib.loads(file.read_text()))
        errors = [error.message for error in judge.iter_errors(document)]
        if errors:
            raise Failed(f"{file.name}: {errors}")
        for changed in wrong(document):
            if judge.is_valid(changed):
                raise Failed(f"{file.name}: a wrong profile is taken")
