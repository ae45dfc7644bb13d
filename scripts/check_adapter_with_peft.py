"""Loads a tuned adapter with the real transformers and peft and compares its greedy replies with those an evaluation kept.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 transformers peft
    venv/bin/python scripts/check_adapter_with_peft.py DATA_DIR EVALUATION_ID [COUNT]

DATA_DIR is the data directory of an embedded server. Exits 1 when a reply differs.
"""

import json
import pathlib
import sys

from peft import PeftModel
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast


def main(data_dir: str, evaluation: str, count: str = "50") -> int:
    blobs = pathlib.Path(data_dir) / "blobs"
    folder = blobs / "evaluations" / evaluation
    kept = json.loads((folder / "summary.json").read_text())
    suite, subject = kept["suite"], kept["subject"]
    base = pathlib.Path(__file__).parent.parent / "containers/tiny-trainer/assets/tiny-llama"
    model = LlamaForCausalLM.from_pretrained(base)
    if "adapter" in subject:
        model = PeftModel.from_pretrained(model, blobs / subject["adapter"]["final_key"])
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(base / "tokenizer.json"))

    dataset = blobs / "datasets" / suite["dataset"]["name"] / suite["dataset"]["digest"] / "data-00000.jsonl"
    rows = [json.loads(line) for line in dataset.read_text().splitlines()]
    replies = [json.loads(line) for line in (folder / "responses-00000.jsonl").read_text().splitlines()]
    differing = 0
    pairs = list(zip(rows, replies))[: int(count)]
    for row, reply in pairs:
        prompt = f"<bos><|user|>{row['prompt']}<|assistant|>"
        ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=False).input_ids
        out = model.generate(input_ids=ids, max_new_tokens=suite["max_new_tokens"], do_sample=False, eos_token_id=2, pad_token_id=0)
        tokens = [token for token in out[0][ids.shape[1] :].tolist() if token not in (0, 2)]
        text = "".join(tokenizer.convert_ids_to_tokens(tokens))
        if text != reply["response"]:
            differing += 1
            print(f"{row['prompt']!r}: transformers {text!r}, kept {reply['response']!r}")
    print(f"{len(pairs) - differing} of {len(pairs)} replies are equal")
    return 1 if differing else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
