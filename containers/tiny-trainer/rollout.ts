import { tree } from '@jax-js/jax'
import type { GrpoHyperparameters } from '../../schemas/hyperparameters.ts'
import type { Slot } from './adamw.ts'
import { chunk } from './batches.ts'
import { compileDecoder } from './decode.ts'
import type { PromptExample } from './examples.ts'
import { compileMerge } from './lora.ts'
import type { ObjectiveContext } from './objective.ts'
import { streams, uniform } from './random.ts'
import { groupAdvantages, type RewardFunction } from './rewards.ts'
import { complete, replyText } from './sampling.ts'

/** One sampled reply with its prompt; `from` is the place of the first reply token. */
export type Sequence = { ids: number[]; from: number; advantage: number }
export type Rollout = { sequences: Sequence[]; metrics: Record<string, number> }

/** Sequences decoded together; enough to keep the matrix kernels busy. */
const decodeRows = 128

/** Samples groups of replies to prompts and scores them; `context` is the most tokens that are fed back. The random numbers depend on the seed and the batch only. */
export function createSampler(
  { policy, tokenizer, seed }: ObjectiveContext,
  context: number,
  reward: RewardFunction,
  hyper: GrpoHyperparameters,
) {
  const { num_generations: group, max_completion_length, temperature } = hyper
  const rows = Math.min(decodeRows, hyper.prompts_per_step * group)
  const startDecoder = compileDecoder(policy.config, rows, context)
  const merge = compileMerge(policy.config, policy.lora, policy.base)

  return function sample(batch: number, prompts: readonly PromptExample[], slots: readonly Slot[]): Rollout {
    const requests = prompts.flatMap((prompt) => Array.from({ length: group }, () => prompt))
    const weights = merge(slots)
    const completions = chunk(requests, rows).flatMap((part, k) => {
      const decoder = startDecoder(weights)
      const done = complete(
        decoder,
        tokenizer,
        part.map(({ ids }) => ids),
        rows,
        {
          maxNewTokens: max_completion_length,
          temperature,
          draw: (row, place) => uniform(seed, streams.sampling, batch * requests.length + k * rows + row, place),
        },
      )
      decoder.dispose()
      return done
    })
    tree.dispose(weights)
    const scored = completions.map((completion, i) => reward(replyText(tokenizer, completion), requests[i]!.answer))
    const rewards = scored.map(({ total }) => total)
    const { advantages, deviations } = groupAdvantages(rewards, group, hyper.scale_rewards)
    const formatted = scored.filter(({ format }) => format).length
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
    return {
      sequences: completions.map(({ ids }, i) => {
        const prompt = requests[i]!.ids
        return { ids: [...prompt, ...ids], from: prompt.length, advantage: advantages[i]! }
      }),
      metrics: {
        reward_mean: mean(rewards),
        reward_std: mean(deviations),
        reward_max: Math.max(...rewards),
        reward_min: Math.min(...rewards),
        frac_reward_zero_std: deviations.filter((d) => d === 0).length / deviations.length,
        response_length_mean: mean(completions.map(({ ids }) => ids.length)),
        response_clip_ratio: completions.filter(({ finished }) => !finished).length / completions.length,
        ...(scored[0]!.format === undefined ? {} : { format_accuracy: formatted / scored.length }),
      },
    }
  }
}
