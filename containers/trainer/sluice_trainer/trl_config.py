"""The recipe's hyperparameters as TRL's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .batches import split_of
from .spec import Spec


def trl_config(spec: Spec, work: Path) -> Any:
    """An `SFTConfig`, `DPOConfig` or `GRPOConfig` for the spec."""
    import trl

    make = {"sft": trl.SFTConfig, "dpo": trl.DPOConfig, "grpo": trl.GRPOConfig}[spec["algorithm"]]
    own = {"sft": _sft, "dpo": _dpo, "grpo": _grpo}[spec["algorithm"]]
    return make(**_common(spec, work), **own(spec["hyperparameters"]))


def lora_config(spec: Spec) -> Any:
    from peft import LoraConfig

    lora = spec["hyperparameters"]["lora"]
    return LoraConfig(
        r=lora["r"],
        lora_alpha=lora["lora_alpha"],
        target_modules=lora["target_modules"],
        lora_dropout=0.0,
        bias="none",
        task_type="CAUSAL_LM",
    )


def _common(spec: Spec, work: Path) -> dict[str, Any]:
    import torch

    hyper = spec["hyperparameters"]
    size, passes = split_of(spec)
    gpu = torch.cuda.is_available()
    return {
        "output_dir": str(work / "trl"),
        "max_steps": spec["planned_steps"],
        "per_device_train_batch_size": size,
        "gradient_accumulation_steps": passes,
        "learning_rate": hyper["learning_rate"],
        "lr_scheduler_type": "constant_with_warmup" if _warms_up(hyper) else hyper["lr_scheduler_type"],
        "warmup_steps": hyper["warmup_steps"],
        "weight_decay": hyper["weight_decay"],
        "max_grad_norm": hyper["max_grad_norm"],
        "seed": spec["seed"],
        "data_seed": spec["seed"],
        "save_strategy": "steps",
        "save_steps": spec["save_steps"],
        "save_total_limit": 1,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "report_to": [],
        "disable_tqdm": True,
        "use_cpu": not gpu,
        "bf16": gpu and torch.cuda.is_bf16_supported(),
        "fp16": False,
        "gradient_checkpointing": gpu,
        "dataloader_pin_memory": gpu,
    }


def _warms_up(hyper: dict[str, Any]) -> bool:
    # Transformers' plain `constant` knows no warm-up and says nothing when one is asked for.
    return hyper["lr_scheduler_type"] == "constant" and hyper["warmup_steps"] > 0


def _sft(hyper: dict[str, Any]) -> dict[str, Any]:
    return {"max_length": hyper["max_length"], "completion_only_loss": hyper["completion_only_loss"]}


def _dpo(hyper: dict[str, Any]) -> dict[str, Any]:
    return {"max_length": hyper["max_length"], "beta": hyper["beta"], "label_smoothing": hyper["label_smoothing"]}


def _grpo(hyper: dict[str, Any]) -> dict[str, Any]:
    return {
        "num_generations": hyper["num_generations"],
        "max_completion_length": hyper["max_completion_length"],
        "temperature": hyper["temperature"],
        # Sampling from anything but the whole distribution would bias the ratio of the policies.
        "top_p": 1.0,
        "top_k": 0,
        "beta": hyper["beta"],
        "epsilon": hyper["epsilon"],
        "epsilon_high": hyper.get("epsilon_high"),
        "num_iterations": hyper["num_iterations"],
        "loss_type": hyper["loss_type"],
        "scale_rewards": hyper["scale_rewards"],
        "reward_weights": [reward["weight"] for reward in hyper["rewards"]],
    }
