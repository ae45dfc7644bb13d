import { expect, it } from 'vitest'
import { formatProblem, ProblemError } from '../../cli/problem-error.ts'
import { plain } from '../../cli/text/paint.ts'
import { problem, startStub } from './stub-server.ts'
import { sluice } from './test-io.ts'

const errors = [
  {
    pointer: '/datasets/train',
    code: 'not_found',
    message: 'dataset "train" has no version abc',
    remedy: 'List them with: sluice datasets versions train.',
  },
  { pointer: '/labels/a', code: 'too_big', message: 'Too big', remedy: 'Give at most 256.' },
]

it('every error is printed with pointer, message and remedy', async () => {
  const { options } = await startStub(() => problem('invalid', 422, '2 problems in the request', errors))
  const { code, out, err } = await sluice([...options, 'jobs', 'submit', 'r'])
  expect(code).toBe(1)
  expect(out).toBe('')
  expect(err).toBe(
    [
      'error: 2 problems in the request',
      '  /datasets/train  dataset "train" has no version abc',
      '      List them with: sluice datasets versions train.',
      '  /labels/a  Too big',
      '      Give at most 256.',
      '',
    ].join('\n'),
  )
})

it('with --json the problem is printed as it came, on stderr', async () => {
  const { options } = await startStub(() => problem('invalid', 422, '2 problems in the request', errors))
  const { code, out, err } = await sluice([...options, 'jobs', 'submit', 'r', '--json'])
  expect([code, out]).toEqual([1, ''])
  expect(JSON.parse(err)).toEqual({
    type: '/problems/invalid',
    title: 'invalid',
    status: 422,
    detail: '2 problems in the request',
    instance: 'req-1',
    errors,
  })
})

it('a server error names the request, for the log', async () => {
  const { options } = await startStub(() => problem('internal', 500, 'unexpected error'))
  expect((await sluice([...options, 'jobs', 'list'])).err).toContain("the server's log names this request req-1")
})

it('a remedy that many errors share is said once, and errors beyond the asked places are counted', () => {
  const many = Array.from({ length: 25 }, (_, i) => ({
    pointer: `/lines/${Math.floor(i / 2)}`,
    code: 'x',
    message: `bad ${i}`,
    remedy: 'Mend it.',
  }))
  const lines = formatProblem(ProblemError.local('invalid', 'bad rows', many, { places: 10 }), plain)
  expect(lines.filter((line) => line.includes('Mend it.'))).toHaveLength(1)
  expect(lines.filter((line) => line.includes('bad '))).toHaveLength(1 + 20)
  expect(lines.at(-1)).toBe('  ... and 5 more: see all with --json')
})

it.each([
  [['jobs', 'submti'], "error: unknown command 'submti'\n(Did you mean submit?)\n"],
  [['jobs', 'list', '--limt', '3'], "error: unknown option '--limt'\n(Did you mean --limit?)\n"],
  [
    ['jobs', 'list', '--limit', '0'],
    "error: option '--limit <n>' argument '0' is invalid. Give a whole number from 1 to 1000.\n",
  ],
  [
    ['datasets', 'add', 'x', 'y', '--format', 'csv'],
    "error: option '--format <format>' argument 'csv' is invalid. Allowed choices are feedback, sft, messages, preference, answer.\n",
  ],
  [
    ['jobs', 'submit', 'r', '--label', 'x'],
    "error: option '--label <name=value>' argument 'x' is invalid. Write it as name=value.\n",
  ],
])('%j is refused with what to do', async (argv, said) => {
  const { code, out, err } = await sluice(argv)
  expect([code, out, err]).toEqual([1, '', said])
  const json = await sluice([...argv, '--json'])
  expect([json.code, json.out]).toEqual([1, ''])
  expect(JSON.parse(json.err)).toMatchObject({ type: '/problems/usage', status: 0 })
})

it.each([
  [[]],
  [['up']],
  [['jobs', 'submit']],
  [['jobs', 'watch']],
  [['jobs', 'list']],
  [['jobs', 'get']],
  [['jobs', 'cancel']],
  [['jobs', 'resume']],
  [['jobs', 'clone']],
  [['jobs', 'events']],
  [['jobs', 'logs']],
  [['jobs', 'metrics']],
  [['jobs', 'preflight']],
  [['jobs', 'failure-pack']],
  [['recipes', 'publish']],
  [['recipes', 'validate']],
  [['recipes', 'list']],
  [['recipes', 'get']],
  [['datasets', 'add']],
  [['datasets', 'list']],
  [['datasets', 'versions']],
  [['models', 'list']],
  [['models', 'get']],
  [['models', 'promote']],
  [['models', 'base']],
  [['evaluations', 'get']],
  [['evaluations', 'responses']],
])('the help of %j ends with an example that calls it', async (words) => {
  const { code, out, err } = await sluice([...words, '--help'])
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain(`\nExample:\n  $ ${['sluice', ...words].join(' ')}`)
  expect(out).toContain('--json')
})
