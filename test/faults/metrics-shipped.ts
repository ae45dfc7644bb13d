/** What the shipping trainer logs, as made from a seed: anybody can say what has to be stored. */
export const segments = 60
const rowsOfSegment = 25
const names = ['total_loss', 'reward_mean', 'learning_rate', 'custom/é']
/** Of the row that has NaN, and of the segment with a line that is none. */
export const sickStep = 505
const junkSegment = 30

export interface Point {
  name: string
  step: number
  value: number
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The points of one segment, step by step. */
export function pointsOf(segment: number): Point[] {
  const random = seeded(segment + 1)
  const steps = Array.from({ length: rowsOfSegment }, (_, i) => segment * rowsOfSegment + i + 1)
  return steps.flatMap((step) =>
    names.map((name) => {
      const value = 1 + random() / 3
      return { name, step, value: name === 'total_loss' && step === sickStep ? Number.NaN : value }
    }),
  )
}

export function segmentText(segment: number): string {
  const rows = Map.groupBy(pointsOf(segment), ({ step }) => step)
  const lines = [...rows].map(([step, points]) => {
    const data = Object.fromEntries(points.map(({ name, value }) => [name, Number.isNaN(value) ? 'NaN' : value]))
    return JSON.stringify({ step, ts: new Date(1_767_225_600_000 + step * 1000).toISOString(), data })
  })
  if (segment === junkSegment) lines.push('Traceback (most recent call last):')
  return `${lines.join('\n')}\n`
}
