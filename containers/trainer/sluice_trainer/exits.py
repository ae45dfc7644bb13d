"""The exit codes of the trainer contract."""

from __future__ import annotations

from collections.abc import Sequence

DONE = 0
INTERNAL_ERROR = 1
FENCED = 64
BAD_INPUT = 65
DIVERGED = 70
PREEMPTED = 75


class TrainerExit(SystemExit):
    """Ends the process with a code of the contract; `problems` lists everything that was found, not only the first."""

    def __init__(self, code: int, problems: Sequence[str]) -> None:
        super().__init__(code)
        self.problems = list(problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


def bad_input(problems: Sequence[str]) -> TrainerExit:
    return TrainerExit(BAD_INPUT, problems)
