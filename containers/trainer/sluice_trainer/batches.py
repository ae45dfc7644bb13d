"""How an optimizer step of the recipe is split over devices and forward passes."""

from __future__ import annotations

from .environment import micro_batch, world_size
from .spec import Spec


def sequences_per_step(spec: Spec) -> int:
    hyper = spec["hyperparameters"]
    if spec["algorithm"] == "grpo":
        return hyper["prompts_per_step"] * hyper["num_generations"]
    return hyper["batch_size"]


def split(sequences: int, world: int, most: int) -> tuple[int, int]:
    """Sequences of one forward pass on one device, and how many passes make a step; `world` must divide `sequences`."""
    each = sequences // world
    size = max(size for size in range(1, min(each, most) + 1) if each % size == 0)
    return size, each // size


def split_of(spec: Spec) -> tuple[int, int]:
    return split(sequences_per_step(spec), world_size(), micro_batch())


def batch_problems(spec: Spec, rows: int) -> list[str]:
    if spec["mode"] != "train":
        return []
    problems = []
    sequences, world = sequences_per_step(spec), world_size()
    if sequences % world != 0:
        problems.append(f"a step has {sequences} sequences, which {world} processes cannot share evenly")
    prompts = spec["hyperparameters"].get("prompts_per_step", 0)
    if prompts > rows:
        problems.append(f"prompts_per_step is {prompts}, but the dataset has {rows} prompts")
    return problems
