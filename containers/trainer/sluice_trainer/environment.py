"""Everything that is read from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from .exits import bad_input


def contract_variables(environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """The spec's URI and the public key of the ticket; exit 65 that names every missing variable."""
    values = [environment.get(name, "") for name in ("SLUICE_SPEC_URI", "SLUICE_TICKET_PUBLIC_KEY")]
    names = ("SLUICE_SPEC_URI", "SLUICE_TICKET_PUBLIC_KEY")
    missing = [
        f"environment variable {name} is not set" for name, value in zip(names, values, strict=True) if not value
    ]
    if missing:
        raise bad_input(missing)
    return values[0], values[1]


def rank(environment: Mapping[str, str] = os.environ) -> int:
    """Of this process among all of the run; 0 without a launcher."""
    return _whole(environment, "RANK", 0)


def local_rank(environment: Mapping[str, str] = os.environ) -> int:
    return _whole(environment, "LOCAL_RANK", 0)


def world_size(environment: Mapping[str, str] = os.environ) -> int:
    return max(1, _whole(environment, "WORLD_SIZE", 1))


def micro_batch(environment: Mapping[str, str] = os.environ) -> int:
    """Most sequences of one forward pass on one device, in training and in generation."""
    return max(1, _whole(environment, "SLUICE_MICRO_BATCH", 8))


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    try:
        return int(text) if text else default
    except ValueError:
        raise bad_input([f"environment variable {name} is {text!r}; give a whole number"]) from None
