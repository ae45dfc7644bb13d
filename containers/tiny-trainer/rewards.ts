import type { Reward } from '../../schemas/hyperparameters.ts'
import { compilePattern, foldSpace } from '../../schemas/pattern.ts'

export type Scored = { total: number; format: boolean | undefined }
export type RewardFunction = (response: string, answer: string) => Scored

/** The weighted sum of the configured rewards. What published the recipe has checked the patterns. */
export function createReward(rewards: readonly Reward[]): RewardFunction {
  const parts = rewards.map(({ weight, ...reward }) => ({
    type: reward.type,
    weight,
    compiled: compilePattern(reward.type === 'format' ? reward.pattern : reward.answer_pattern),
  }))
  const hasFormat = rewards.some(({ type }) => type === 'format')
  return (response, answer) => {
    let total = 0
    let format = true
    for (const { type, weight, compiled } of parts) {
      const met =
        type === 'format' ? compiled.matchesAll(response) : compiled.lastAnswer(response) === foldSpace(answer)
      if (met) total += weight
      else if (type === 'format') format = false
    }
    return { total, format: hasFormat ? format : undefined }
  }
}

export type GroupSignal = { advantages: Float32Array; deviations: number[] }

/** Group-relative advantages: reward minus its group's mean, over the group's sample deviation + 1e-4 when scaled. */
export function groupAdvantages(rewards: readonly number[], group: number, scale: 'group' | 'none'): GroupSignal {
  const advantages = new Float32Array(rewards.length)
  const deviations: number[] = []
  for (let start = 0; start < rewards.length; start += group) {
    const members = rewards.slice(start, start + group)
    const mean = members.reduce((a, b) => a + b, 0) / group
    const deviation = Math.sqrt(members.reduce((sum, r) => sum + (r - mean) ** 2, 0) / (group - 1))
    deviations.push(deviation)
    for (const [i, reward] of members.entries()) {
      advantages[start + i] = (reward - mean) / (scale === 'group' ? deviation + 1e-4 : 1)
    }
  }
  return { advantages, deviations }
}
