/** 0: nothing; then low, medium, high, critical. */
export type Level = 0 | 1 | 2 | 3 | 4

/** After how many observations in a row at a level or above a finding of that level opens, and after how many clear ones it ends. */
export interface Patience {
  low: number
  medium: number
  high: number
  critical: number
  clear: number
}

/** What an episode remembers. */
export interface Finding {
  level: Level
  step: number
  /** Epoch ms; NaN: unknown. */
  time: number
  lastStep: number
  ended: boolean
  value: number
  threshold: number
  /** What the value was compared with: a baseline, a ratio. */
  reference: number
  /** Which of the conditions of its detector. */
  variant: number
  evidence: [number, number][]
  /** Which episode of its detector, from 1. */
  ordinal: number
  /** It began at or before the step of an earlier one: the trainer went back. */
  again: boolean
}

export interface Episode {
  /** Moves to an observation. false: its step was observed before, it says nothing new. */
  advance(step: number, time: number): boolean
  /** Judges the observation. May open, worsen or end the finding, which is then told. */
  judge(level: Level, value: number, threshold: number, reference?: number, variant?: number): void
  /** Of the newest observation. */
  step(): number
  /** A finding is open. */
  isOpen(): boolean
}

/** How many numbers an episode remembers. The order serves the state: what a quiet one uses comes first. */
export const episodeNumbers = 36
export const maxEpisodes = 20

const at = {
  /** Step + 1 of the newest observation. */
  seen: 0,
  evidence: 1,
  /** The first two pairs; the others stand at the end. */
  near: 2,
  low: 6,
  critical: 9,
  begin: 10,
  time: 11,
  open: 12,
  last: 13,
  clear: 14,
  value: 15,
  threshold: 16,
  reference: 17,
  variant: 18,
  count: 19,
  worst: 20,
  newest: 21,
  again: 22,
  far: 24,
}
const before = 2
const most = 8

/**
 * From a level per observation to findings. `memory` is all its state. The evidence is the two observations before the beginning and
 * the first six from it on, values in single precision. Beyond `maxEpisodes` only a first critical one opens.
 */
export function createEpisode(memory: Float64Array, patience: Patience, tell: (finding: Finding) => void): Episode {
  const needs = [0, patience.low, patience.medium, patience.high, patience.critical]
  let step = 0
  let time = Number.NaN

  const advance = (nextStep: number, nextTime: number): boolean => {
    const seen = memory[at.seen]! - 1
    step = nextStep
    time = nextTime
    if (nextStep === seen) return false
    if (nextStep < seen && memory[at.open] === 0) forget()
    memory[at.seen] = nextStep + 1
    return true
  }

  const judge = (level: Level, value: number, threshold: number, reference = 0, variant = 0): void => {
    if (level === 0) {
      clear(value)
      return
    }
    if (memory[at.low] === 0 && memory[at.open] === 0) {
      memory[at.begin] = step
      memory[at.time] = time
      keepBefore()
    }
    note(value, most)
    memory[at.clear] = 0
    let reached = 0
    for (let each = 1; each <= 4; each++) {
      const count = level >= each ? memory[at.low + each - 1]! + 1 : 0
      memory[at.low + each - 1] = count
      if (count > 0 && count >= needs[each]!) reached = each
    }
    if (memory[at.open]! > 0) memory[at.last] = Math.max(memory[at.last]!, step)
    if (reached <= memory[at.open]!) return
    if (memory[at.open] === 0 && !begins(reached)) return
    memory[at.open] = reached
    memory[at.worst] = Math.max(memory[at.worst]!, reached)
    memory.set([value, threshold, reference, variant], at.value)
    tell(finding(false))
  }

  function begins(level: number): boolean {
    const count = memory[at.count]!
    if (count >= maxEpisodes && !(level === 4 && memory[at.worst]! < 4)) return false
    memory[at.count] = count + 1
    memory[at.again] = count > 0 && memory[at.begin]! <= memory[at.newest]! ? 1 : 0
    memory[at.newest] = Math.max(memory[at.newest]!, memory[at.begin]!)
    memory[at.last] = step
    return true
  }

  function clear(value: number): void {
    if (memory[at.low]! > 0) {
      memory.fill(0, at.low, at.critical + 1)
      if (memory[at.open] === 0) forget()
    }
    if (memory[at.open]! > 0) {
      if (++memory[at.clear]! < patience.clear) return
      tell(finding(true))
      forget()
    }
    keepBefore(before - 1)
    note(value, before)
  }

  function forget(): void {
    memory.fill(0, at.evidence, at.count)
    memory.fill(0, at.far)
  }

  function keepBefore(keep = before): void {
    const count = memory[at.evidence]!
    if (count <= keep) return
    memory.copyWithin(at.near, at.near + 2 * (count - keep), at.near + 2 * count)
    memory[at.evidence] = keep
  }

  function note(value: number, room: number): void {
    const count = memory[at.evidence]!
    if (count >= room) return
    const place = count < before ? at.near + 2 * count : at.far + 2 * (count - before)
    memory[place] = step
    memory[place + 1] = Math.fround(value)
    memory[at.evidence] = count + 1
  }

  function finding(ended: boolean): Finding {
    const evidence = Array.from({ length: memory[at.evidence]! }, (_, i): [number, number] => {
      const place = i < before ? at.near + 2 * i : at.far + 2 * (i - before)
      return [memory[place]!, memory[place + 1]!]
    })
    return {
      level: memory[at.open] as Level,
      step: memory[at.begin]!,
      time: memory[at.time]!,
      lastStep: memory[at.last]!,
      ended,
      value: memory[at.value]!,
      threshold: memory[at.threshold]!,
      reference: memory[at.reference]!,
      variant: memory[at.variant]!,
      evidence,
      ordinal: memory[at.count]!,
      again: memory[at.again] === 1,
    }
  }

  return { advance, judge, step: () => step, isOpen: () => memory[at.open]! > 0 }
}
