import { smooth } from './running-level.ts'

/** How many numbers of memory it takes: count, smoothed reward, its noise, the newest reward, and the smoothed reward of a while ago. */
export const trendNumbers = 5

/** Whether the reward gets better while something else changes: then the change is likely what is being learned. */
export interface RewardTrend {
  /** NaN: the row has no reward. */
  see(reward: number): void
  /** What is compared with later. */
  mark(): void
  /** The smoothed reward has risen by more than its noise per step since the mark. */
  improved(): boolean
  /** It has fallen by more than twice its noise per step since the mark. */
  worsened(): boolean
}

export function createRewardTrend(own: Float32Array, at: number): RewardTrend {
  return {
    see(reward) {
      if (!Number.isFinite(reward)) return
      const count = own[at]! + 1
      if (count > 1) smooth(own, at + 2, Math.abs(reward - own[at + 3]!), count - 1, 0.05)
      own[at] = Math.min(count, 1000)
      smooth(own, at + 1, reward, count, 0.1)
      own[at + 3] = reward
    },
    mark: () => {
      own[at + 4] = own[at + 1]!
    },
    improved: () => own[at]! > 0 && own[at + 1]! - own[at + 4]! > own[at + 2]!,
    worsened: () => own[at]! > 0 && own[at + 4]! - own[at + 1]! > 2 * own[at + 2]!,
  }
}
