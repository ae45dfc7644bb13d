"""The rewards of a recipe as functions that TRL calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .patterns import compile_pattern, fold_space

RewardFunction = Callable[..., list[float]]
Decode = Callable[[Sequence[int]], str]


def reward_problems(rewards: Sequence[dict[str, Any]]) -> list[str]:
    """The patterns that cannot be read here."""
    problems = []
    for index, reward in enumerate(rewards):
        try:
            compile_pattern(_pattern_of(reward))
        except ValueError as error:
            problems.append(f"hyperparameters/rewards/{index}: {error}")
    return problems


def reward_functions(rewards: Sequence[dict[str, Any]], decode: Decode) -> list[RewardFunction]:
    """One function per reward; the last one also logs the greatest and least weighted sum, which TRL does not."""
    weights = [reward["weight"] for reward in rewards]
    scores: list[list[float]] = []
    return [_function(reward, index, decode, weights, scores) for index, reward in enumerate(rewards)]


def score(reward: dict[str, Any], response: str, answer: str) -> float:
    """1 when the response meets the reward, else 0; its weight comes later."""
    pattern = compile_pattern(_pattern_of(reward))
    if reward["type"] == "format":
        return float(pattern.matches_all(response))
    return float(pattern.last_answer(response) == fold_space(answer))


def _pattern_of(reward: dict[str, Any]) -> str:
    return reward["pattern"] if reward["type"] == "format" else reward["answer_pattern"]


def _function(
    reward: dict[str, Any], index: int, decode: Decode, weights: list[float], scores: list[list[float]]
) -> RewardFunction:
    def function(
        completion_ids: Sequence[Sequence[int]],
        answer: Sequence[str],
        log_metric: Callable[[str, float], None] | None = None,
        **_: Any,
    ) -> list[float]:
        given = [score(reward, decode(ids), each) for ids, each in zip(completion_ids, answer, strict=True)]
        if index == 0:
            scores.clear()
        scores.append(given)
        if log_metric is not None and len(scores) == len(weights):
            totals = [_dot(weights, row) for row in zip(*scores, strict=True)]
            log_metric("reward_max", max(totals))
            log_metric("reward_min", min(totals))
        return given

    # TRL names its metrics `rewards/{name}/mean` after the function; two rewards of a type must not share one.
    function.__name__ = reward["type"] if index == 0 else f"{reward['type']}_{index}"
    return function


def _dot(weights: Sequence[float], row: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, row, strict=True))
