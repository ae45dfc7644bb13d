import type { Row } from '../../../schemas/rows.ts'
import { deterministicId, sha256 } from '../../platform/digest.ts'
import { type Breach, Fault, invalid } from '../../platform/fault.ts'
import { createKeeper } from '../select/keep-smallest.ts'
import { allocate } from '../select/largest-remainder.ts'
import { fillMessages } from './placeholders.ts'
import { createPoolReport, type PoolReport } from './pool-report.ts'
import { type Question, questionOf } from './question.ts'
import { readTemplates, type Template } from './read-templates.ts'
import type { PackRules } from './template-problems.ts'

export interface PoolSettings extends PackRules {
  n: number
  /** task -> share */
  mix: Readonly<Record<string, number>>
  seed: number
  /** `messages` when absent. */
  rows?: 'messages' | 'answer'
}

/**
 * The rollout pool: n conversations made of questions and templates, shared out over tasks by largest remainder. A task with fewer
 * questions than conversations asks each several times, in another template each time as long as there is one. Equal seed, questions
 * and templates give equal rows in equal order. Fault `invalid` names everything wrong with the templates.
 */
export function createPool(settings: PoolSettings, templateRows: readonly Row[]) {
  const { n, seed, mix } = settings
  const templates = readTemplates(templateRows, settings)
  const sizes = allocate(n, mix)
  const clarified = allocate(Math.round(n * settings.clarify_rate), sizes)
  const names = Object.keys(sizes).sort()
  const tasks = new Map(names.map((task) => [task, createKeeper(sizes[task] ?? 0, lowerId)]))
  const report = createPoolReport(seed, templates, sizes)

  return {
    /** Takes a source row in. One that cannot be asked is counted and left out. */
    add(task: string, row: Row): void {
      const keeper = tasks.get(task)
      if (!keeper) throw new Fault('internal', `task "${task}" is not in the mix: ${[...tasks.keys()].join(', ')}`)
      const question = questionOf(row)
      const unusable = 'unusable' in question ? question.unusable : unfitting(task, question)
      if (unusable !== undefined) report.unusable(task, unusable)
      else if (!('unusable' in question)) keeper.add(sha256(`${seed}:${question.digest}`), question)
    },

    /** The rows, task by task. Fault `invalid` when a task has no question. */
    *rows(): Generator<Row> {
      const empty = [...tasks].filter(([task, keeper]) => (sizes[task] ?? 0) > 0 && keeper.distinct === 0)
      if (empty.length > 0)
        throw invalid(
          'the rollout pool',
          empty.map(([task]) => noQuestions(task, report)),
        )
      for (const [task, keeper] of tasks) {
        report.questions(task, keeper.distinct)
        yield* rollouts(task, keeper.finish(), sizes[task] ?? 0, clarified[task] ?? 0)
      }
    },

    /** What was made so far; whole once all rows were taken. */
    report: (): PoolReport => report.finish(),
  }

  function unfitting(task: string, question: Question): string | undefined {
    const { plain, clarifying } = fitting(templates, task, question)
    if (plain.length === 0 && settings.clarify_rate < 1) return 'fits no template'
    return clarifying.length === 0 && settings.clarify_rate > 0 ? 'fits no template that asks back' : undefined
  }

  function* rollouts(task: string, asked: { rank: string; value: Question }[], count: number, clarify: number) {
    const used = { plain: new Uint32Array(asked.length), clarifying: new Uint32Array(asked.length) }
    for (let start = 0, repeat = 0; start < count; start += asked.length, repeat++) {
      const size = Math.min(asked.length, count - start)
      const share = Math.floor(((start + size) * clarify) / count) - Math.floor((start * clarify) / count)
      for (const [place, { rank, value: question }] of asked.slice(0, size).entries()) {
        const kind = stepsUp(place + repeat, share, size) ? 'clarifying' : 'plain'
        const choices = fitting(templates, task, question)[kind]
        const turn = used[kind][place] as number
        used[kind][place] = turn + 1
        const template = choices[(Number.parseInt(rank.slice(12, 20), 16) + turn) % choices.length] as Template
        report.made(task, template, repeat, turn >= choices.length)
        yield rolloutOf(task, question, template, repeat)
      }
    }
  }

  function rolloutOf(task: string, question: Question, template: Template, repeat: number): Row {
    const { answer, rationale, evidence } = question
    const fillings = {
      question: question.question,
      answer,
      tools: settings.tools.join(', '),
      ...(rationale !== undefined && { rationale }),
      ...(evidence !== undefined && { evidence }),
    }
    const messages = fillMessages(template.messages, fillings)
    const asked = messages.slice(0, messages.findLastIndex(({ role }) => role === 'user') + 1)
    const about = {
      id: `rollout-${deterministicId(`${seed}:${task}:${question.digest}:${template.digest}:${repeat}`)}`,
      task,
      template: template.id,
      role: template.role,
      style: template.style,
      ...(evidence !== undefined && { evidence }),
      needs_clarification: template.clarify,
      meta: { question: question.id ?? question.digest.slice(0, 16), repeat },
    }
    if (settings.rows !== 'answer') return { ...about, messages }
    return { ...about, prompt: asked, answer, ...(rationale !== undefined && { rationale }) }
  }
}

/** The templates that a question can fill. */
function fitting(templates: readonly Template[], task: string, question: Question) {
  const fits = templates.filter(
    (template) =>
      (template.task === undefined || template.task === task) &&
      !(template.needs.has('evidence') && question.evidence === undefined) &&
      !(template.needs.has('rationale') && question.rationale === undefined),
  )
  return { plain: fits.filter(({ clarify }) => !clarify), clarifying: fits.filter(({ clarify }) => clarify) }
}

/** Of two rows that ask the same, the one that any order of reading agrees on. */
function lowerId(a: Question, b: Question): Question {
  return (a.id ?? '') <= (b.id ?? '') ? a : b
}

/** True at `count` of any `size` steps in a row, evenly spread. A round begins one step later than the last, so all questions get a share. */
function stepsUp(step: number, count: number, size: number): boolean {
  return Math.floor(((step + 1) * count) / size) > Math.floor((step * count) / size)
}

function noQuestions(task: string, report: ReturnType<typeof createPoolReport>): Breach {
  const why = report.whyUnusable(task)
  const message = `task "${task}" has no question that a template can ask${why && `: ${why}`}`
  return {
    pointer: `/sources/${task}`,
    code: 'no_questions',
    message,
    remedy: 'Give it other questions, or add templates.',
  }
}
