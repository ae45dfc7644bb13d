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

const maxBytes = 64 * 1024 * 1024

/** Diversity of texts, task by task on the worker threads; of a version of more than 64 MiB, of a seeded sample. */
export async function measureDiversity(
  { workers }: Pick<Platform, 'workers'>,
  spool: RowSpool,
  options: DiversityOptions,
): Promise<PoolDiversity[]> {
  const tasks = await tasksOf(spool, allRows(spool))
  const sample = sampleTexts(tasks, await spool.lengths(), { seed: options.seed, maxBytes })
  const parts = shared(await linesOf(spool, sample), workers.size)
  const setup = { key: JSON.stringify(options), value: options }
  const measured = await Promise.all(
    parts.map(async (input) => {
      const transfer = input.flatMap(({ lines, tokens }) => [lines.buffer as ArrayBuffer, tokens.buffer as ArrayBuffer])
      return (await workers.run({ task: 'measure-diversity', setup, input, transfer })) as TaskDiversity[]
    }),
  )
  const byTask = new Map(measured.flat().map((each) => [each.task, each]))
  return [...tasks].map(([task, { length: rows }]) => {
    const { distinct2, kl3 } = byTask.get(task) as TaskDiversity
    return { task, rows, distinct2, kl3 }
  })
}

/** What a worker does with some tasks, one after the other. */
export function createDiversityMeasurer(options: DiversityOptions): (input: TaskLines[]) => TaskDiversity[] {
  const decoder = new TextDecoder()
  return (input) =>
    input.flatMap(({ task, lines, tokens }) => {
      const collector = createDiversityCollector(options)
      let [row, start] = [0, 0]
      for (let end = lines.indexOf(10); end !== -1; end = lines.indexOf(10, start)) {
        const parsed = JSON.parse(decoder.decode(lines.subarray(start, end))) as Row
        const { template, role, style } = parsed
        collector.add({ task, template, role, style, text: renderRow(parsed), tokens: tokens[row] as number })
        row += 1
        start = end + 1
      }
      return collector.finish().tasks
    })
}

export const allRows = ({ rows }: Pick<RowSpool, 'rows'>) => Uint32Array.from({ length: rows }, (_, row) => row)

/** The stored lines of the sampled rows in one pass, by task. */
async function linesOf(spool: RowSpool, sample: ReadonlyMap<string, Uint32Array>): Promise<TaskLines[]> {
  const [lengths, tokens] = [await spool.lengths(), await spool.described('tokens_estimated')]
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

/** About the same work for each thread: the largest task first, to whoever has least. */
function shared(tasks: TaskLines[], threads: number): TaskLines[][] {
  const parts = Array.from({ length: Math.min(threads, tasks.length) }, () => ({ size: 0, tasks: [] as TaskLines[] }))
  for (const task of tasks.toSorted((a, b) => b.lines.length - a.lines.length)) {
    const least = parts.reduce((one, other) => (other.size < one.size ? other : one))
    least.size += task.lines.length
    least.tasks.push(task)
  }
  return parts.map(({ tasks: own }) => own)
}
