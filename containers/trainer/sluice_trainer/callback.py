"""The callback that makes any `transformers` trainer, TRL's among them, a trainer of Sluice."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .checkpoints import publish_checkpoint
from .distributed import any_rank, wait_for_all_ranks
from .exits import DIVERGED, PREEMPTED, TrainerExit
from .segment_writer import SegmentWriter
from .status import StatusFile
from .stopping import StopRequest
from .store import Store
from .wire import WireValue, has_nonfinite, wire_data

_GIB = 1024**3


def configure(args: TrainingArguments) -> TrainingArguments:
    """Sets what the callback needs: every step logged, NaN kept, no reporter of the framework's own."""
    args.logging_nan_inf_filter = False
    args.logging_strategy = "steps"
    args.logging_steps = 1
    args.logging_first_step = True
    args.report_to = []
    return args


class SluiceCallback(TrainerCallback):
    """
    Ships one line for each logged step and a checkpoint of the contract for each save. SIGTERM makes it save at the end
    of the step and exit 75; with `stop_on_nonfinite` a loss or gradient that is not finite makes it exit 70, unsaved.
    """

    def __init__(
        self,
        writer: SegmentWriter,
        *,
        status: StatusFile | None = None,
        checkpoints: Store | None = None,
        identity: dict[str, Any] | None = None,
        stop: StopRequest | None = None,
        stop_on_nonfinite: bool = False,
    ) -> None:
        self.writer = writer
        self.status = status
        self.checkpoints = checkpoints
        self.identity = identity
        self.stop = stop
        self.stop_on_nonfinite = stop_on_nonfinite
        self._pending: tuple[int, dict[str, Any]] | None = None
        self._last_line = -1
        self._repeated = 0
        self._began = time.monotonic()
        self._seconds: float | None = None
        self._tokens: float | None = None
        self._saved = -1

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if args.logging_nan_inf_filter:
            raise ValueError(
                "logging_nan_inf_filter is True: the trainer would log a running mean in place of NaN and Infinity. "
                "Call sluice_trainer.callback.configure(args) before the trainer is made, or set it to False."
            )
        self.stop = self.stop or StopRequest().listen()
        # What was counted before a resume is not known.
        self._tokens = 0.0 if state.global_step == 0 else None
        self._tell(status="running", current_step=state.global_step)

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._commit()
        self._began = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._seconds = time.monotonic() - self._began
        self.writer.raise_if_fenced()
        if self.stop is not None and any_rank(self.stop.requested) and state.global_step < state.max_steps:
            control.should_save = True
            control.should_training_stop = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        # The summary at the end of the training repeats the last step.
        if not logs or "train_runtime" in logs:
            return
        step = state.global_step
        values = self._completed({name: math.nan if value is None else value for name, value in logs.items()})
        if self._pending and self._pending[0] == step:
            values = {**self._pending[1], **values}
        self._pending = (step, values)
        # What an evaluation of this step adds belongs into its line, but NaN must not wait for it.
        broken = self._broken(args, values)
        if broken or not control.should_evaluate or has_nonfinite(self._as_shipped(values)):
            self._commit()
        if broken and self.stop_on_nonfinite:
            self._diverge(step, broken)

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._commit()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._commit()
        # Every process writes its own state of the random numbers.
        wait_for_all_ranks()
        if self.checkpoints is None or not state.is_world_process_zero:
            return
        step = state.global_step
        self._tell(status="saving", current_step=step)
        # A checkpoint must never stand for steps whose metrics could still be lost.
        if self.writer.flush():
            folder = Path(args.output_dir or ".") / f"checkpoint-{step}"
            publish_checkpoint(self.checkpoints, folder, step, self.identity)
            self._saved = step
        else:
            self.writer.raise_if_fenced()
            _warn(f"the checkpoint of step {step} is not complete: its metrics are not stored: {self.writer.problem}")
        self._tell(status="running")

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._commit()
        self.writer.flush()
        if self._repeated:
            _warn(f"{self._repeated} logs came after the line of their step was shipped, and are not stored")
        if self.stop is not None and any_rank(self.stop.requested) and state.global_step < state.max_steps:
            step = state.global_step
            self._tell(status="preempted", current_step=step)
            after = f"after the checkpoint of step {step}" if self._saved == step else f"at step {step}"
            raise TrainerExit(PREEMPTED, [f"stopped {after}"])

    def _completed(self, values: dict[str, Any]) -> dict[str, Any]:
        """With what the framework does not log itself."""
        if all(name.startswith("eval_") for name in values if name != "epoch"):
            return values
        seconds = values.get("step_time") or self._seconds
        if seconds:
            values.setdefault("step_time", seconds)
            tokens = values.get("num_tokens")
            if tokens is not None and self._tokens is not None and tokens >= self._tokens:
                values.setdefault("tokens_per_second", (tokens - self._tokens) / seconds)
            self._tokens = tokens
        memory = _peak_memory()
        if memory is not None:
            values.setdefault("gpu_memory_allocated_gib", memory)
        return values

    def _broken(self, args: TrainingArguments, values: dict[str, Any]) -> list[str]:
        # With fp16 an infinite gradient is how its scaler finds the scale.
        watched = ("loss",) if args.fp16 else ("loss", "grad_norm")
        shipped = self._as_shipped({name: values[name] for name in watched if name in values})
        return [f"{name} is {value}" for name, value in shipped.items() if isinstance(value, str)]

    def _as_shipped(self, values: dict[str, Any]) -> dict[str, WireValue]:
        return wire_data(values)[0]

    def _commit(self) -> None:
        if self._pending is None:
            return
        (step, values), self._pending = self._pending, None
        if step <= self._last_line:
            self._repeated += 1
            return
        self._last_line = step
        data = self.writer.append(step, values)
        self._tell(status="running", current_step=step, latest_metrics=data)

    def _diverge(self, step: int, broken: list[str]) -> None:
        self.writer.flush()
        reason = f"step {step}: {', '.join(broken)}"
        self._tell(status="failed", anomaly_detected=True, anomaly_reason=reason)
        raise TrainerExit(DIVERGED, [reason])

    def _tell(self, **change: Any) -> None:
        if self.status is not None:
            self.status.update(**change)


def _peak_memory() -> float | None:
    import torch

    return torch.cuda.max_memory_allocated() / _GIB if torch.cuda.is_available() else None


def _warn(message: str) -> None:
    print(f"sluice: {message}", file=sys.stderr, flush=True)
