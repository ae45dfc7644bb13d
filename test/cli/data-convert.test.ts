import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Command } from 'commander'
import { expect, it } from 'vitest'
import { dataConvertCommand } from '../../cli/commands/data-convert.ts'
import { createAct } from '../../cli/context.ts'
import { formatProblem, ProblemError } from '../../cli/problem-error.ts'
import { createPaint } from '../../cli/text/paint.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createTestIo, type TestIo } from './test-io.ts'

async function convert(words: string[], io: TestIo = createTestIo()) {
  const program = new Command('sluice')
    .option('--json')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  dataConvertCommand(
    program.command('data').exitOverride(),
    createAct(io, () => {}),
  )
  try {
    await program.parseAsync(['data', 'convert', ...words], { from: 'user' })
    return { out: io.out, error: '' }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return { out: io.out, error: formatProblem(error, createPaint(io)).join('\n') }
  }
}

function fileOf(name: string, content: string) {
  const folder = tempDir()
  writeFileSync(join(folder, name), content)
  return { folder, file: join(folder, name), at: (other: string) => join(folder, other) }
}

const gsm = [1, 2].map((n) => `${JSON.stringify({ question: `q${n}`, answer: `s\n#### ${n}` })}\n`).join('')

it('converts by the names of its files, and says what it saw', async () => {
  const { file, at } = fileOf('gsm.jsonl', gsm)
  const { out, error } = await convert([file, at('out.csv.gz')])
  expect(error).toBe('')
  expect(out).toContain(`✓ ${at('out.csv.gz')}: 2 answer rows as canonical`)
  expect(out).toContain('read as jsonl: it begins with {')
  expect(out).toContain('gsm8k: 2 of 2 rows have question, answer with "#### "')
  expect(gunzipSync(readFileSync(at('out.csv.gz'))).toString()).toBe('prompt,answer,rationale\nq1,1,s\nq2,2,s\n')
})

it('writes another layout and says what reads back otherwise', async () => {
  const { file, at } = fileOf('gsm.jsonl', gsm)
  const { out } = await convert([file, at('v.parquet'), '--to', 'verl'])
  expect(out).toContain('note a prompt of text becomes one message of the user')
  await convert([at('v.parquet'), at('back'), '--container', 'json'])
  expect(JSON.parse(readFileSync(at('back'), 'utf8'))[1]).toEqual({
    prompt: [{ role: 'user', content: 'q2' }],
    answer: '2',
    rationale: 's',
  })
})

it('refuses a file with bad rows by its lines, and leaves nothing behind', async () => {
  const { file, folder, at } = fileOf('rows.jsonl', '{"prompt":"p","completion":"c"}\n{"prompt":"p"}\n{"a":NaN}\n')
  const { error } = await convert([file, at('out.json')])
  expect(error).toContain('2 of 3 rows are bad')
  expect(error).toMatch(/rows\.jsonl:2 .*completion/)
  expect(error).toMatch(/rows\.jsonl:3 .*NaN/)
  expect(readdirSync(folder)).toEqual(['rows.jsonl'])
})

it.each([
  [['missing.jsonl', 'out.jsonl'], 'there is no such file'],
  [['rows.jsonl', 'out.txt'], 'tells no container'],
  [['rows.jsonl', 'rows.jsonl'], 'exists; remove it or choose another OUT'],
])('%j is refused', async (names, expected) => {
  const { at, file } = fileOf('rows.jsonl', gsm)
  const { error } = await convert(names.map(at))
  expect(error).toContain(expected)
  expect(readFileSync(file, 'utf8')).toBe(gsm)
})

it('Ctrl-C leaves nothing behind', async () => {
  const { file, at, folder } = fileOf('rows.jsonl', gsm.repeat(100_000))
  const io = createTestIo()
  const listen = io.onInterrupt
  io.onInterrupt = (handler) => {
    const stop = listen(handler)
    io.interrupt()
    return stop
  }
  const { error } = await convert([file, at('out.jsonl')], io)
  expect(error).toContain('was not written')
  expect(readdirSync(folder)).toEqual(['rows.jsonl'])
  expect(io.listening()).toBe(0)
})

it('shows progress on a terminal, and JSON when asked', async () => {
  const { file, at } = fileOf('rows.jsonl', gsm)
  const io = createTestIo({ isTTY: true })
  await convert([file, at('a.jsonl')], io)
  expect(io.out).toContain('rows.jsonl')
  const { out } = await convert([file, at('b.jsonl'), '--json'])
  expect(JSON.parse(out)).toMatchObject({ rows: 2, opened: { container: 'jsonl' }, detected: { layout: 'gsm8k' } })
  expect(existsSync(at('b.jsonl'))).toBe(true)
})
