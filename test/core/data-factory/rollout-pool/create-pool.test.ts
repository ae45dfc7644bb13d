import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { countClarifications } from '../../../../core/data-factory/rollout-pool/clarifications.ts'
import { createPool, type PoolSettings } from '../../../../core/data-factory/rollout-pool/create-pool.ts'
import type { Fault } from '../../../../core/platform/fault.ts'
import { conversationSize } from '../../../../core/text/describe-row.ts'
import { MessagesRow, type Row } from '../../../../schemas/rows.ts'
import { caught } from '../../support/caught.ts'

const thrown = (act: () => unknown) => caught(act) as Fault

const pack = readFileSync(new URL('../../../../docs/examples/templates/pack.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => MessagesRow.parse(JSON.parse(line)))

const settings: PoolSettings = {
  n: 30_000,
  mix: { hotpotqa: 0.45, strategyqa: 0.3, gsm8k: 0.25 },
  seed: 20250820,
  max_turns: 6,
  clarify_rate: 0.3,
  tools: ['wiki', 'calc'],
}

function questions(task: string, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${task}-${i}`,
    prompt: `${task} asks number ${i}?`,
    answer: `${task} says ${i * 7}`,
    ...(task === 'gsm8k' && { rationale: `Seven times ${i} it is.` }),
    ...(task === 'hotpotqa' && { evidence: `Page ${i} tells.` }),
  }))
}

function build(given: PoolSettings, sources: Record<string, Row[]>, templates: Row[] = pack) {
  const pool = createPool(given, templates)
  for (const [task, rows] of Object.entries(sources)) for (const row of rows) pool.add(task, row)
  const rows = [...pool.rows()]
  return { rows, report: pool.report() }
}

const sources = {
  hotpotqa: questions('hotpotqa', 9000),
  strategyqa: questions('strategyqa', 2290),
  gsm8k: questions('gsm8k', 7473),
}
const small = { n: 200, mix: { a: 3, b: 1 }, seed: 5, max_turns: 6, clarify_rate: 0.25, tools: ['wiki'] }
const smallSources = { a: questions('a', 40), b: questions('b', 10) }

describe('the example pack', () => {
  it('has templates, roles and styles enough for the diversity gate', () => {
    const distinct = (field: 'template' | 'role' | 'style') => new Set(pack.map((row) => row[field])).size
    expect(distinct('template')).toBeGreaterThanOrEqual(6)
    expect(distinct('role')).toBeGreaterThanOrEqual(4)
    expect(distinct('style')).toBeGreaterThanOrEqual(3)
  })
})

describe('createPool', () => {
  it('makes the pool of the requirement: 13,500, 9,000 and 7,500 rows, three in ten asking back', () => {
    const { rows, report } = build(settings, sources)
    expect(rows).toHaveLength(30_000)
    expect(report).toMatchObject({ seed: 20250820, n: 30_000, clarify_share: 0.3 })
    const made = Object.entries(report.tasks).map(([task, counts]) => [task, counts.made, counts.questions])
    expect(Object.fromEntries(made.map(([task, ...rest]) => [task, rest]))).toEqual({
      hotpotqa: [13_500, 9000],
      strategyqa: [9000, 2290],
      gsm8k: [7500, 7473],
    })
    expect(report.tasks.gsm8k?.prompts_repeated).toBe(27)
    expect(report.tasks.strategyqa?.prompts_repeated).toBe(2290)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(30_000)
    expect(report.templates.reduce((sum, template) => sum + template.rows, 0)).toBe(30_000)
  })

  it('makes rows that say what they are and hold to max_turns', () => {
    for (const row of build(small, smallSources).rows) {
      const { messages, ...about } = MessagesRow.parse(row)
      const template = pack.find((one) => one.template === about.template)
      expect(about).toMatchObject({ role: template?.role, style: template?.style })
      expect(about.needs_clarification).toBe(template?.meta?.clarify === true)
      expect(countClarifications(messages)).toBe(about.needs_clarification ? 1 : 0)
      expect(conversationSize(row).turns).toBeLessThanOrEqual(6)
      expect(JSON.stringify(messages)).not.toMatch(/\{(question|answer|rationale|evidence|tools)\}/)
    }
  })

  it('says nothing in reply but the source and the template', () => {
    const templates: Row[] = [
      {
        template: 't',
        role: 'r',
        style: 's',
        messages: [
          { role: 'user', content: 'Q {question}' },
          { role: 'assistant', content: 'R {rationale} A {answer}' },
        ],
      },
    ]
    const source: Row = { prompt: 'q{answer}', answer: 'a', rationale: 'because $1' }
    const { rows } = build({ ...small, n: 1, mix: { a: 1 }, clarify_rate: 0 }, { a: [source] }, templates)
    expect(rows[0]).toMatchObject({ messages: [{ content: 'Q q{answer}' }, { content: 'R because $1 A a' }] })
  })

  it('asks a question in another template each time until there is none left, and counts what repeats', () => {
    const { rows, report } = build(small, smallSources)
    const pairs = rows.map((row) => `${row.meta?.question} ${row.template}`)
    const repeats = report.tasks.a!.pairs_repeated + report.tasks.b!.pairs_repeated
    expect(pairs.length - new Set(pairs).size).toBe(repeats)
    expect(report.tasks.a?.prompts_repeated).toBe(40)
    const few = build({ ...small, n: 150, mix: { a: 1 } }, { a: questions('a', 50) })
    expect(few.report.tasks.a?.pairs_repeated).toBe(0)
    expect(new Set(few.rows.map((row) => JSON.stringify((row as { messages: unknown }).messages))).size).toBe(150)
  })

  it('asks back about every question equally often', () => {
    const { rows } = build({ ...small, clarify_rate: 0.1, mix: { a: 1 } }, { a: questions('a', 10) })
    const asked = rows.filter((row) => row.needs_clarification).map((row) => row.meta?.question)
    expect(asked.toSorted()).toEqual(
      questions('a', 10)
        .flatMap(({ id }) => [id, id])
        .toSorted(),
    )
  })

  it('is the same pool for the same seed, in whatever order questions, templates and mix come', () => {
    const first = build(small, smallSources).rows
    const reversed = {
      b: smallSources.b.toReversed(),
      a: [{ ...smallSources.a[0]!, id: 'z' }, ...smallSources.a.toReversed(), { ...smallSources.a[1]!, id: 'z' }],
    }
    expect(build({ ...small, mix: { b: 1, a: 3 } }, reversed, pack.toReversed()).rows).toEqual(first)
    expect(build({ ...small, seed: 6 }, smallSources).rows).not.toEqual(first)
  })

  it('uses templates about equally often', () => {
    const { report } = build({ ...small, n: 8000, mix: { a: 1 }, clarify_rate: 0 }, { a: questions('gsm8k', 8000) })
    for (const { clarify, id, rows } of report.templates)
      if (!clarify && id !== 'librarian-passage') expect(Math.abs(rows - 1000)).toBeLessThan(180)
  })

  it('keeps a template for its task, and one with evidence for questions that have it', () => {
    const [first] = pack
    const only = [
      { ...first!, template: 'only-b', task: 'b' },
      ...pack.filter(({ template }) => template !== 'tutor-steps'),
    ]
    const { rows } = build(small, { a: questions('gsm8k', 40), b: questions('gsm8k', 10) }, only)
    expect(new Set(rows.filter(({ template }) => template === 'only-b').map(({ task }) => task))).toEqual(
      new Set(['b']),
    )
    expect(rows.some(({ template }) => template === 'librarian-passage')).toBe(false)
    const withEvidence = build(small, { a: questions('hotpotqa', 40), b: questions('b', 10) }).rows
    const quoting = withEvidence.filter(({ template }) => template === 'librarian-passage')
    expect(quoting.length).toBeGreaterThan(0)
    expect(quoting.every(({ evidence }) => evidence?.startsWith('Page'))).toBe(true)
  })

  it('leaves out what cannot be asked, says why, and refuses a task with nothing left', () => {
    const turns: Row = {
      messages: [1, 2].flatMap((i) => [
        { role: 'user' as const, content: `q${i}` },
        { role: 'assistant' as const, content: 'a' },
      ]),
    }
    const bad: Row = { prompt: 'q', completion: 'a', label: false }
    const mute: Row = {
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'q' },
      ],
    }
    const { report } = build(small, { a: [...smallSources.a, turns, bad, mute], b: smallSources.b })
    expect(report.tasks.a?.unusable).toEqual({
      'has more than one turn, or none': 1,
      'has a reply that is labelled bad': 1,
      'has no reply of an assistant': 1,
    })
    const fault = thrown(() => build(small, { a: [turns] }))
    expect(fault.errors.map(({ pointer, message }) => [pointer, message])).toEqual([
      ['/sources/a', 'task "a" has no question that a template can ask: 1 rows: has more than one turn, or none'],
      ['/sources/b', 'task "b" has no question that a template can ask'],
    ])
  })

  it('refuses a bad pack before any question is read', () => {
    expect(thrown(() => createPool(settings, [])).code).toBe('invalid')
  })
})
