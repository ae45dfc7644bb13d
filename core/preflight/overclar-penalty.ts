import type { Message } from '../../schemas/rows.ts'
import { countClarifications } from '../data-factory/rollout-pool/clarifications.ts'
import { Fault } from '../platform/fault.ts'

export interface PenaltyConfig {
  use_overclar_penalty: boolean
  /** Reward lost for each clarification. */
  alpha: number
  /** Clarifications past this many cost no more. */
  cap: number
}

/** What an episode must say of itself. */
export interface Episode {
  messages: readonly Message[]
  needs_clarification?: boolean | undefined
}

export interface PenaltyCase {
  name: string
  ok: boolean
  expected: number
  got: number
}

export const requiredPenalty: PenaltyConfig = { use_overclar_penalty: true, alpha: 0.07, cap: 3 }

/** alpha * min(c, cap): what c clarifications take from a reward. */
export function penaltyFor(clarifications: number, { alpha, cap }: PenaltyConfig): number {
  return alpha * Math.min(clarifications, cap)
}

/**
 * What an episode loses for asking back too often, to be subtracted before rewards are aggregated; 0 where clarification was needed,
 * or the penalty is switched off. Fault `invalid` when the episode does not say whether it was.
 */
export function overclarPenalty(episode: Episode, config: PenaltyConfig): number {
  if (typeof episode.needs_clarification !== 'boolean') throw unsaid()
  if (!config.use_overclar_penalty || episode.needs_clarification) return 0
  return penaltyFor(countClarifications(episode.messages), config)
}

/** The cases that the requirement fixes, run through the counting and the formula with these settings. */
export function penaltySelfTest(config: PenaltyConfig): PenaltyCase[] {
  const cases = [
    { name: 'not triggered', clarifications: 0, needed: false, expected: 0 },
    { name: '1 clarification', clarifications: 1, needed: false, expected: 0.07 },
    { name: '2 clarifications', clarifications: 2, needed: false, expected: 0.14 },
    { name: '5 clarifications', clarifications: 5, needed: false, expected: 0.21 },
    { name: 'clarification was needed', clarifications: 5, needed: true, expected: 0 },
  ]
  return cases.map(({ name, clarifications, needed, expected }) => {
    const got = overclarPenalty({ messages: conversation(clarifications), needs_clarification: needed }, config)
    return { name, ok: Math.abs(got - expected) < 1e-9, expected, got }
  })
}

function conversation(clarifications: number): Message[] {
  const asking = Array.from({ length: clarifications }, (): Message[] => [
    { role: 'assistant', content: 'Could you tell me which of the two trains you mean?' },
    { role: 'user', content: 'The first one.' },
  ])
  const question: Message = { role: 'user', content: 'When does the train arrive?' }
  return [question, ...asking.flat(), { role: 'assistant', content: 'The answer is 9:40. Is that early enough?' }]
}

function unsaid(): Fault {
  const message = 'the episode does not say needs_clarification: without it a penalty would be guessed'
  const remedy = 'Set "needs_clarification" to true or false in every row.'
  return new Fault('invalid', message, {
    errors: [{ pointer: '/needs_clarification', code: 'missing', message, remedy }],
  })
}
