import type { Row } from '../../schemas/rows.ts'
import type { RowSpool } from '../data-factory/build/row-spool.ts'
import { tasksOf } from '../data-factory/build/task-rows.ts'
import {
  createDiversityCollector,
  type DiversityOptions,
  type TaskDiversity,
} from '../data-factory/diversity/diversity-collector.ts'
import type { Platform } from '../platform/ports.ts'
import { renderRow } from '../text/row-text.ts'
import { sampleTexts } from './text-sample.ts'

/** Rows of one task, as the worker gets them. */
export interface TaskLines {
  task: string
  /** Canonical JSON, each row with its newline. */
  lines: Uint8Array
  tokens: Float32Array
}

/** `rows` are all of the task: more than were measured when their texts did not fit. */
export type PoolDiversity = Pick<TaskDiversity, 'task' | 'distinct2' | 'kl3'> & { rows: number }

const mostBytes = 64 * 1024 * 1024
const groupBytes = 8 * 1024 * 1024

/** Diversity of texts, task by task on the worker threads; of a version of more than 64 MiB, of a seeded sample. */
export async function measureDiversity(
  { workers }: Pick<Platform, 'workers'>,
  spool: RowSpool,
  options: DiversityOptions,
  maxBytes = mostBytes,
): Promise<PoolDiversity[]> {
  const tasks = await tasksOf(spool, allRows(spool))
  const lengths = await spool.lengths()
  const sample = sampleTexts(tasks, lengths, { seed: options.seed, maxBytes })
  const setup = { key: JSON.stringify(options), value: options }
  const measured: PoolDiversity[] = []
  // Little at a time: measuring takes several times the memory of the text.
  for (const some of inGroups(sample, lengths))
    for (const part of await linesOf(spool, some, lengths)) {
      const { task, lines, tokens } = part
      const transfer = [lines.buffer as ArrayBuffer, tokens.buffer as ArrayBuffer]
      const found = await workers.run({ task: 'measure-diversity', setup, input: part, transfer })
      const { distinct2, kl3 } = found as TaskDiversity
      measured.push({ task, rows: (tasks.get(task) as Uint32Array).length, distinct2, kl3 })
    }
  return measured
}

/** What a worker does with the rows of a task. */
export function createDiversityMeasurer(options: DiversityOptions): (input: TaskLines) => TaskDiversity {
  const decoder = new TextDecoder()
  return ({ task, lines, tokens }) => {
    const collector = createDiversityCollector(options)
    let [row, start] = [0, 0]
    for (let end = lines.indexOf(10); end !== -1; end = lines.indexOf(10, start)) {
      const parsed = JSON.parse(decoder.decode(lines.subarray(start, end))) as Row
      const { template, role, style } = parsed
      collector.add({ task, template, role, style, text: renderRow(parsed), tokens: tokens[row] as number })
      row += 1
      start = end + 1
    }
    return collector.finish().tasks[0] as TaskDiversity
  }
}

export const allRows = ({ rows }: Pick<RowSpool, 'rows'>) => Uint32Array.from({ length: rows }, (_, row) => row)

type Sample = ReadonlyMap<string, Uint32Array>

/** Tasks whose lines are read in one pass: a large one alone, small ones together. */
function* inGroups(sample: Sample, lengths: Uint32Array): Generator<Sample> {
  let group = new Map<string, Uint32Array>()
  let bytes = 0
  for (const [task, rows] of sample) {
    group.set(task, rows)
    for (const row of rows) bytes += lengths[row] as number
    if (bytes < groupBytes) continue
    yield group
    group = new Map()
    bytes = 0
  }
  if (group.size > 0) yield group
}

async function linesOf(spool: RowSpool, sample: Sample, lengths: Uint32Array): Promise<TaskLines[]> {
  const tokens = await spool.described('tokens_estimated')
  const takers = new Int32Array(spool.rows).fill(-1)
  const parts = [...sample].map(([task, rows], taker) => {
    let size = 0
    for (const row of rows) {
      takers[row] = taker
      size += lengths[row] as number
    }
    return {
      task,
      lines: new Uint8Array(size),
      tokens: Float32Array.from(rows, (row) => tokens[row] as number),
      end: 0,
    }
  })
  for await (const { index, line } of spool.lines()) {
    const part = parts[takers[index] as number]
    if (!part) continue
    part.lines.set(line, part.end)
    part.end += line.length
  }
  return parts.map(({ task, lines, tokens: own }) => ({ task, lines, tokens: own }))
}
