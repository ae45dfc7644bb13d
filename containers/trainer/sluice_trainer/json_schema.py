"""Checks documents against the emitted JSON Schemas: the keywords that those use, and no others."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

_SILENT = {"$schema", "$defs", "title", "description", "default", "format", "contentEncoding"}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


@cache
def schema(name: str) -> dict[str, Any]:
    return json.loads(files(__package__).joinpath("schemas", f"{name}.json").read_text("utf-8"))


def problems_of(name: str, document: Any) -> list[str]:
    """Every breach as `/json/pointer: what is wrong`."""
    return [f"{pointer or '/'}: {message}" for pointer, message in _check(schema(name), document, "")]


def _check(rules: dict[str, Any], value: Any, at: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for keyword, rule in rules.items():
        if keyword in ("anyOf", "oneOf"):
            found += _closest(rule, value, at)
        elif keyword == "properties":
            found += _properties(rules, value, at)
        elif keyword == "items" and isinstance(value, list):
            found += [each for index, item in enumerate(value) for each in _check(rule, item, f"{at}/{index}")]
        elif keyword not in _SILENT and keyword not in ("items", "required", "additionalProperties", "propertyNames"):
            message = _breach(keyword, rule, value)
            if message is not None:
                found.append((at, message))
    if "properties" not in rules and isinstance(rules.get("additionalProperties"), dict) and isinstance(value, dict):
        rule = rules["additionalProperties"]
        found += [each for key, item in value.items() for each in _check(rule, item, f"{at}/{key}")]
    return found


def _properties(rules: dict[str, Any], value: Any, at: str) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return []
    known = rules["properties"]
    found = [(f"{at}/{key}", "is missing") for key in rules.get("required", []) if key not in value]
    if rules.get("additionalProperties") is False:
        found += [(f"{at}/{key}", "is not a known key") for key in value if key not in known]
    return found + [
        each for key, item in value.items() if key in known for each in _check(known[key], item, f"{at}/{key}")
    ]


def _closest(branches: list[dict[str, Any]], value: Any, at: str) -> list[tuple[str, str]]:
    """What the branch says that fits best: a wrong constant (mode, algorithm) weighs more than anything else."""
    found = [_check(branch, value, at) for branch in branches]
    return min(found, key=lambda each: (sum("must be exactly" in message for _, message in each), len(each)))


def _breach(keyword: str, rule: Any, value: Any) -> str | None:
    if keyword == "type":
        names = rule if isinstance(rule, list) else [rule]
        return None if any(_has_type(name, value) for name in names) else f"must be of type {' or '.join(names)}"
    if keyword == "const":
        return None if value == rule else f"must be exactly {rule!r}"
    if keyword == "enum":
        return None if value in rule else f"must be one of {', '.join(map(str, rule))}"
    if isinstance(value, str):
        return _breach_of_text(keyword, rule, value)
    if isinstance(value, list):
        return f"must have at least {rule} items" if keyword == "minItems" and len(value) < rule else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _breach_of_number(keyword, rule, value)
    return None


def _has_type(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _breach_of_text(keyword: str, rule: Any, value: str) -> str | None:
    if keyword == "minLength" and len(value) < rule:
        return f"must have at least {rule} characters"
    if keyword == "maxLength" and len(value) > rule:
        return f"must have at most {rule} characters"
    # Python's `$` also takes the place before a line break at the end.
    if keyword == "pattern" and not re.search(rule.replace("$", r"\Z"), value, re.ASCII):
        return f"{value[:60]!r} does not match {rule}"
    return None


def _breach_of_number(keyword: str, rule: Any, value: float) -> str | None:
    holds = {
        "minimum": value >= rule if keyword == "minimum" else True,
        "maximum": value <= rule if keyword == "maximum" else True,
        "exclusiveMinimum": value > rule if keyword == "exclusiveMinimum" else True,
        "exclusiveMaximum": value < rule if keyword == "exclusiveMaximum" else True,
    }
    return None if holds.get(keyword, True) else f"{value} breaks {keyword} {rule}"
