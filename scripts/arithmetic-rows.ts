import { createHash } from 'node:crypto'
import { isHeldOut, type Problem, problems } from '../containers/tiny-trainer/arithmetic.ts'

export interface AnswerRow {
  id: string
  task: string
  prompt: string
  answer: string
}

/** The reply format of the demo and of the integration test. */
export const answerFormat = '<answer>-?\\d+</answer>'
export const answerPattern = '<answer>(-?\\d+)</answer>'

/**
 * Arithmetic problems in a seeded order: `training` holds what the base model was pre-trained on as bare numbers, `heldOut` what
 * nobody has ever shown it. The two are disjoint by construction.
 */
export function arithmeticRows(seed: number): { training: AnswerRow[]; heldOut: AnswerRow[] } {
  const rows = Object.entries(problems()).flatMap(([task, list]) => list.map((problem) => toRow(task, problem)))
  const shuffled = shuffle(rows, seed)
  return {
    training: shuffled.filter((row) => !isHeldOut(row.prompt)),
    heldOut: shuffled.filter((row) => isHeldOut(row.prompt)),
  }
}

/** A seeded order that depends on the rows' own ids, not on where they stood. */
export function shuffle<Row extends { id: string }>(rows: readonly Row[], seed: number): Row[] {
  const place = (row: Row) => createHash('sha256').update(`${seed}/${row.id}`).digest('hex')
  return rows
    .map((row) => ({ row, place: place(row) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ row }) => row)
}

function toRow(task: string, { text, answer }: Problem): AnswerRow {
  return { id: text.replaceAll(' ', '-'), task, prompt: text, answer }
}
