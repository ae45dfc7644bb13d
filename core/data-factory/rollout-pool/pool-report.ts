import type { Template } from './read-templates.ts'

export interface PoolTaskReport {
  wanted: number
  made: number
  /** Different questions that were there. */
  questions: number
  clarifying: number
  /** Questions that are asked more than once. */
  prompts_repeated: number
  /** Rows that say, word for word, what an earlier row says: a question met a template for the second time. */
  pairs_repeated: number
  /** Why rows could not be asked -> how many. */
  unusable: Record<string, number>
}

export interface PoolReport {
  seed: number
  n: number
  clarify_share: number
  templates: { id: string; role: string; style: string; clarify: boolean; digest: string; rows: number }[]
  tasks: Record<string, PoolTaskReport>
}

/** Counts what a pool is made of, while it is made. */
export function createPoolReport(
  seed: number,
  templates: readonly Template[],
  sizes: Readonly<Record<string, number>>,
) {
  const used = new Map(templates.map(({ id }) => [id, 0]))
  const tasks = Object.fromEntries(Object.entries(sizes).map(([task, wanted]) => [task, emptyTask(wanted)]))
  const of = (task: string) => tasks[task] as PoolTaskReport

  return {
    unusable(task: string, reason: string): void {
      const { unusable } = of(task)
      unusable[reason] = (unusable[reason] ?? 0) + 1
    },
    whyUnusable: (task: string) =>
      Object.entries(of(task).unusable)
        .map(([reason, rows]) => `${rows} rows: ${reason}`)
        .join('; '),
    questions(task: string, count: number): void {
      of(task).questions = count
    },
    made(task: string, template: Template, repeat: number, pairRepeats: boolean): void {
      const counts = of(task)
      counts.made += 1
      if (template.clarify) counts.clarifying += 1
      if (repeat === 1) counts.prompts_repeated += 1
      if (pairRepeats) counts.pairs_repeated += 1
      used.set(template.id, (used.get(template.id) ?? 0) + 1)
    },
    finish(): PoolReport {
      const all = Object.values(tasks)
      const n = all.reduce((total, { made }) => total + made, 0)
      const clarifying = all.reduce((total, counts) => total + counts.clarifying, 0)
      return {
        seed,
        n,
        clarify_share: n === 0 ? 0 : clarifying / n,
        templates: templates.map(({ id, role, style, clarify, digest }) => {
          return { id, role, style, clarify, digest, rows: used.get(id) ?? 0 }
        }),
        tasks,
      }
    },
  }
}

function emptyTask(wanted: number): PoolTaskReport {
  return { wanted, made: 0, questions: 0, clarifying: 0, prompts_repeated: 0, pairs_repeated: 0, unusable: {} }
}
