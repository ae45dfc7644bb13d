import type { Slot } from './adamw.ts'
import type { Policy } from './policy.ts'
import type { Tensors } from './safetensors.ts'
import type { Tokenizer } from './tokenizer.ts'

/** What one optimizer step needs from an algorithm. `tokens` counts the real tokens that were processed. */
export type StepResult = { gradients: Float32Array[]; metrics: Record<string, number>; tokens: number; epoch: number }

export type SavedState = { tensors: Tensors; values: Record<string, number> }

/** An algorithm over prepared data. Everything random in `step` depends on the seed and the step number alone. */
export type Objective = {
  /** Gradients and metrics of optimizer step `step` (from 1) at the slots' present values. */
  step(step: number, slots: readonly Slot[]): StepResult
  /** What a checkpoint after `step` must carry besides adapter and optimizer, if anything. */
  state(step: number): SavedState | undefined
  restore(state: SavedState): void
}

export type ObjectiveContext = {
  policy: Policy
  tokenizer: Tokenizer
  seed: number
  /** The adapter that the stage starts from: the reference policy of DPO and GRPO. */
  reference: readonly Slot[]
}
