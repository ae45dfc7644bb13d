"""How a metric stands on the wire: numbers, and strings for what JSON cannot hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

WireValue = float | int | str

_NAMES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def wire_value(value: Any) -> WireValue | None:
    """The value as it is shipped; None when it is no number. Scalars of numpy and torch count by `float()`."""
    if isinstance(value, str):
        return value if value in _NAMES else None
    if isinstance(value, bool):
        return int(value)
    number = value if isinstance(value, (int, float)) else _as_float(value)
    if number is None:
        return None
    if isinstance(number, int):
        # What a reader of doubles would round anyway, and what is too large for one.
        return number if abs(number) < 2**53 else wire_value(_as_float(number))
    if math.isfinite(number):
        return float(number)
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def wire_data(values: Mapping[str, Any]) -> tuple[dict[str, WireValue], int]:
    """The numbers of a mapping, and how many entries were none."""
    converted = {str(name): wire_value(value) for name, value in values.items()}
    data = {name: value for name, value in converted.items() if value is not None}
    return data, len(converted) - len(data)


def has_nonfinite(data: Mapping[str, WireValue]) -> bool:
    return any(isinstance(value, str) for value in data.values())


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds, of seconds since 1970."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_float(value: Any) -> float | None:
    # Of a tensor with several elements float() raises too.
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError, RuntimeError):
        return None
