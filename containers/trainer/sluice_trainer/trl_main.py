"""One stage of training with TRL."""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .base_model import load_weights, reply_text
from .callback import SluiceCallback
from .checkpoints import identity_of
from .distributed import wait_for_all_ranks
from .environment import rank
from .prepare import Prepared
from .result import write_train_result
from .rewards import reward_functions
from .segment_writer import open_segment_writer
from .spec import Spec
from .status import StatusFile
from .stopping import StopRequest
from .store import Store
from .trl_config import lora_config, trl_config


def train(spec: Spec, prepared: Prepared, store: Store, work: Path, status: StatusFile, stop: StopRequest) -> None:
    """Runs the steps that are left, then writes the adapter and the manifest; exits 70 or 75 as the contract says."""
    writer = open_segment_writer(spec["output_uri"], spec["flush_seconds"])
    try:
        trainer = make_trainer(spec, prepared, work)
        callback = SluiceCallback(
            writer, status=status, checkpoints=store, identity=identity_of(spec), stop=stop, stop_on_nonfinite=True
        )
        trainer.add_callback(callback)
        trainer.train(resume_from_checkpoint=str(prepared.checkpoint) if prepared.checkpoint else None)
        final = work / "final"
        save_final(trainer, prepared, spec, final)
        wait_for_all_ranks()
        if not writer.close():
            writer.raise_if_fenced()
            raise RuntimeError(f"the run is done, but its metrics could not be stored: {writer.problem}")
        if rank() == 0:
            write_train_result(store, spec, final, ("trl", version("trl")))
            status.update(status="completed", current_step=spec["planned_steps"])
    finally:
        writer.close()


def make_trainer(spec: Spec, prepared: Prepared, work: Path) -> Any:
    """TRL's trainer for the spec's algorithm, with NaN kept in what it logs."""
    import trl
    from datasets import Dataset

    classes = {"sft": trl.SFTTrainer, "dpo": trl.DPOTrainer, "grpo": trl.GRPOTrainer}
    own: dict[str, Any] = {}
    if spec["algorithm"] == "grpo":
        rewards = spec["hyperparameters"]["rewards"]
        own["reward_funcs"] = reward_functions(rewards, lambda ids: reply_text(prepared.tokenizer, ids))
    model = load_weights(prepared.base)
    if prepared.adapter is not None:
        from peft import PeftModel

        # TRL then takes the adapter as it is now for the reference policy.
        model = PeftModel.from_pretrained(model, str(prepared.adapter), is_trainable=True)
    else:
        own["peft_config"] = lora_config(spec)
    return keeping_nan(classes[spec["algorithm"]])(
        model=model,
        args=trl_config(spec, work),
        train_dataset=Dataset.from_list(prepared.rows),
        processing_class=prepared.tokenizer,
        **own,
    )


def keeping_nan(trainer_class: type[Any]) -> type[Any]:
    """TRL's GRPO leaves NaN out of the mean that it logs for a step; here one NaN makes the step's value NaN."""

    class KeepingNan(trainer_class):
        def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
            for values in self._metrics["train" if self.model.training else "eval"].values():
                if any(isinstance(value, float) and math.isnan(value) for value in values):
                    values[:] = [math.nan]
            super().log(logs, *args, **kwargs)

    KeepingNan.__name__ = trainer_class.__name__
    return KeepingNan


def save_final(trainer: Any, prepared: Prepared, spec: Spec, folder: Path) -> None:
    """The adapter with the model's id in place of a path of this machine, the tokenizer and its template."""
    if rank() != 0:
        return
    model = trainer.accelerator.unwrap_model(trainer.model)
    model.save_pretrained(str(folder), selected_adapters=["default"])
    (folder / "README.md").unlink(missing_ok=True)
    config_path = folder / "adapter_config.json"
    config = json.loads(config_path.read_text())
    config_path.write_text(json.dumps({**config, "base_model_name_or_path": spec["base_model"]["id"]}, indent=2))
    prepared.tokenizer.save_pretrained(str(folder))
    (folder / "chat_template.jinja").write_text(prepared.tokenizer.chat_template)
