import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createInstantCompute, done, type Instant } from '../support/instant-compute.ts'
import { startTestServer, type TestServer } from '../support/local-server.ts'
import { jsonl, prompts, sampleRecipe, sft, suite } from '../support/sample-project.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createRealClock, createTestIo, sluice } from './test-io.ts'

let server: TestServer
afterEach(() => server.stop())

/** A running server with the sample project in it, put there by commands. */
async function projectOn(behaviour: Instant = {}, change: Parameters<typeof sampleRecipe>[0] = {}) {
  server = await startTestServer({ compute: ({ clock }) => createInstantCompute(clock, behaviour) })
  const folder = tempDir()
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  // The server works while the CLI waits, so time is real.
  const cli = (...argv: string[]) =>
    sluice(['--data-dir', server.directory, ...argv], createTestIo({ columns: 120, clock: createRealClock(0.1) }))
  for (const [name, rows] of [
    ['sample-sft', sft],
    ['sample-prompts', prompts],
    ['sample-suite', suite],
  ] as const)
    expect(await cli('datasets', 'add', name, file(`${name}.jsonl`, jsonl(rows)))).toMatchObject({ code: 0, err: '' })
  const recipe = file('recipe.yaml', stringify(sampleRecipe(change)))
  return { cli, recipe, file, folder }
}
const idIn = (out: string) => /job-[a-z0-9]{20}/.exec(out)?.[0] as string

it('from files to a promoted model, by commands alone', async () => {
  const { cli, recipe } = await projectOn()
  expect((await cli('recipes', 'validate', recipe)).out).toContain('is a valid recipe "sample" of 2 stages')
  expect((await cli('recipes', 'publish', recipe)).out).toContain('sample@1 is published')
  const run = await cli('jobs', 'submit', 'sample', '--watch', '--label', 'team=search')
  expect(run).toMatchObject({ code: 0, err: '' })
  expect(run.out).toContain('tuned 30 of 30 right  100.0 %')
  expect(run.out).toContain('model sample-model@1, alias staging')
  const id = idIn(run.out)

  for (const [argv, said] of [
    [['jobs', 'list'], `${id}  succeeded  sample@1`],
    [['jobs', 'get', id], 'team=search'],
    [['jobs', 'events', id], 'preflight passed: ticket issued'],
    [['jobs', 'preflight', id], 'round 2, configuration and environment: pass'],
    [['recipes', 'list'], 'sample@1  smoke    tiny-llama'],
    [['recipes', 'get', 'sample@1'], 'name: sample\n'],
    [['datasets', 'list'], 'sample-suite'],
    [['datasets', 'versions', 'sample-sft'], '  sft       40'],
    [['models', 'list'], 'sample-model@1  registered  0.0 %  100.0 %  +100.0'],
    [['models', 'get', 'sample-model'], 'staging        1       -'],
    [['models', 'base'], 'tiny-llama'],
  ] as const) {
    const { code, out, err } = await cli(...argv)
    expect([argv, code, err]).toEqual([argv, 0, ''])
    expect(out).toContain(said)
  }
  const evaluation = JSON.parse((await cli('jobs', 'get', id, '--json')).out).comparison.candidate.evaluation
  expect((await cli('evaluations', 'get', evaluation)).out).toContain('30 of 30 (100.0 %)')
  const responses = await cli('evaluations', 'responses', evaluation, '--limit', '10')
  expect(responses.out.split('\n')).toHaveLength(12)
  expect(responses.err).toBe(`more: sluice evaluations responses ${evaluation} --limit 10 --after 9\n`)

  expect(await cli('models', 'promote', 'sample-model@1', '--alias', 'shadow')).toMatchObject({ code: 0 })
  expect(await cli('models', 'promote', 'sample-model@1')).toMatchObject({
    code: 2,
    err: expect.stringContaining('only prod jobs reach production'),
  })
  expect(await cli('jobs', 'resume', id)).toMatchObject({ code: 1 })
  const clone = await cli('jobs', 'clone', id, '--watch')
  expect(clone).toMatchObject({ code: 0 })
  expect(clone.out).toContain(`cloned from ${id}`)
})

it('a job that the gate refuses gives 2, one that fails gives 1 with its failure pack, and resume says there is no checkpoint with 2', async () => {
  const refusing = await projectOn({ answers: () => false })
  await refusing.cli('recipes', 'publish', refusing.recipe)
  expect(await refusing.cli('jobs', 'submit', 'sample', '--watch')).toMatchObject({
    code: 2,
    out: expect.stringContaining('the gate refused the model'),
  })
  await server.stop()

  const failing = await projectOn({ train: async () => ({ ...done, exitCode: 70 }) })
  await failing.cli('recipes', 'publish', failing.recipe)
  const failed = await failing.cli('jobs', 'submit', 'sample', '--watch')
  expect(failed).toMatchObject({ code: 1, out: expect.stringContaining('the training diverged') })
  const id = idIn(failed.out)
  const output = join(failing.folder, 'pack.tar.gz')
  expect(await failing.cli('jobs', 'failure-pack', id, '--output', output)).toMatchObject({ code: 0 })
  expect(readFileSync(output).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
  expect(await failing.cli('jobs', 'failure-pack', id, '--output', output)).toMatchObject({
    code: 1,
    err: `error: ${output} exists; remove it or choose another --output\n`,
  })
  expect(await failing.cli('jobs', 'resume', id)).toMatchObject({
    code: 2,
    err: expect.stringContaining('no latest checkpoint'),
  })
})

it('bad rows and bad recipes are refused with their places, by the real server', async () => {
  const { cli, file } = await projectOn()
  const rows = `${jsonl(sft.slice(0, 3))}{"prompt": 3}\nnot json\n`
  const added = await cli('datasets', 'add', 'bad', file('bad.jsonl', rows))
  expect(added.code).toBe(1)
  expect(added.err).toContain('2 of 5 rows are bad')
  expect(added.err).toMatch(/^ {2}bad\.jsonl:4 {2}/m)
  expect(added.err).toMatch(/^ {2}bad\.jsonl:5 {2}/m)
  const text = stringify(sampleRecipe()).replace('batch_size: 4', 'batch_size: 0')
  const line = text.split('\n').findIndex((each) => each.includes('batch_size')) + 1
  const published = await cli('recipes', 'publish', file('r.yaml', text))
  expect(published).toMatchObject({
    code: 1,
    err: expect.stringContaining(`  r.yaml:${line}:7 /stages/0/hyperparameters/batch_size  `),
  })
})

it('the token of another server is refused with what to do', async () => {
  server = await startTestServer()
  const answer = await sluice(['--url', server.server.url, '--token', 'wrong', 'jobs', 'list'])
  expect(answer).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^error: the token is not the one in the data directory/),
  })
})
