"""Reads the spec of a run."""

from __future__ import annotations

import json
from typing import Any

from .exits import bad_input
from .json_schema import problems_of
from .store import read_uri

Spec = dict[str, Any]


def read_spec(uri: str) -> Spec:
    """The checked spec at a URI; exit 65 that lists every field that is wrong."""
    try:
        document = json.loads(read_uri(uri))
    except (OSError, ValueError) as error:
        raise bad_input([f"spec {uri} cannot be read: {error}"]) from error
    problems = problems_of("trainer-spec", document)
    if problems:
        raise bad_input([f"spec {problem}" for problem in problems])
    return document


def total_steps(spec: Spec) -> int:
    """What `status.json` counts to: optimizer steps, or rows to answer."""
    return spec["planned_steps"] if spec["mode"] == "train" else spec["dataset"]["rows"]
