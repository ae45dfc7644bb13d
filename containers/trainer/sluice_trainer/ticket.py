"""Whether preflight's ticket covers what the spec asks for."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from .ed25519 import public_key_of, verify
from .json_schema import problems_of
from .spec import Spec


def ticket_problems(spec: Spec, public_key_pem: str, now: datetime) -> list[str]:
    """Every way in which the spec's ticket does not cover the spec, one line each; exit 65 when the key is no key."""
    payload, signature = spec["ticket"]["payload"], spec["ticket"]["signature"]
    if not verify(public_key_of(public_key_pem), payload.encode(), base64.b64decode(signature)):
        return ["ticket: the signature does not match the payload under SLUICE_TICKET_PUBLIC_KEY; run preflight again"]
    try:
        claims = json.loads(payload)
    except ValueError:
        return ["ticket: the payload is not JSON"]
    wrong = problems_of("ticket-claims", claims)
    if wrong:
        return [f"ticket claim {problem}" for problem in wrong]
    return [f"ticket: {problem}" for problem in _coverage_problems(claims, spec, now)]


def _coverage_problems(claims: dict[str, Any], spec: Spec, now: datetime) -> list[str]:
    compared = [
        ("job", claims["job"], spec["job"]),
        ("profile", claims["profile"], spec["profile"]),
        ("recipe_digest", claims["recipe"], spec["recipe_digest"]),
        ("base_model.digest", claims["base_model"], spec["base_model"]["digest"]),
    ]
    problems = [
        f"{name} is {given} in the spec but {claimed} in the ticket"
        for name, claimed, given in compared
        if claimed != given
    ]
    dataset = spec["dataset"]
    if all(each["digest"] != dataset["digest"] for each in claims["datasets"]):
        problems.append(f"dataset {dataset['name']} ({dataset['digest']}) is not among the checked datasets")
    # Before Python 3.11 `fromisoformat` knows no "Z".
    if not datetime.fromisoformat(claims["expires_at"].replace("Z", "+00:00")) > now:
        problems.append(f"expired at {claims['expires_at']}; run preflight again")
    return problems
