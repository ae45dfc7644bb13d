import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createStage, hyperparameters } from './runs.ts'
import { writeSmallModel } from './small-model.ts'
import { createWorkspace, type Json, readMetrics, readStatus, runTrainer, startTrainer } from './support.ts'

type Change = { name: string; says: RegExp; fields?: Json; claims?: Json; overrides?: Json }
const sftRows = [{ prompt: 'say ant', completion: 'ant.' }]

/** Runs a one-row SFT spec with a change and expects exit 65, the message, and nothing trained. */
async function expectRefusal({ says, fields = {}, claims = {}, overrides = {} }: Change, spoil = (_: Spoiled) => {}) {
  const model = writeSmallModel(join(createWorkspace().folder, 'model'))
  const workspace = createWorkspace(model)
  const dataset = workspace.dataset('rows', sftRows)
  const { path, uri } = workspace.output('out')
  const base = {
    mode: 'train',
    algorithm: 'sft',
    stage: 0,
    attempt: 1,
    planned_steps: 2,
    save_steps: 1,
    flush_seconds: 1,
  }
  const spec = workspace.spec(
    { ...base, dataset, hyperparameters: hyperparameters.sft, output_uri: uri, ...fields },
    { claims, overrides },
  )
  spoil({ model, dataset: new URL(dataset.uri).pathname, spec })
  const result = await runTrainer(spec, workspace.publicPem)
  expect(result.stderr).toMatch(says)
  expect(result.code).toBe(65)
  expect(existsSync(join(path, 'metrics'))).toBe(false)
  expect(existsSync(join(path, 'manifest.json'))).toBe(false)
  return { ...result, output: path }
}
type Spoiled = { model: string; dataset: string; spec: string }

function editSpec(path: string, edit: (spec: Json & { ticket: { payload: string; signature: string } }) => void) {
  const spec = JSON.parse(readFileSync(path, 'utf8'))
  edit(spec)
  writeFileSync(path, JSON.stringify(spec))
}

describe('exit 65 before the first step', () => {
  const other = 'f'.repeat(64)
  const changes: Change[] = [
    {
      name: 'a ticket of another job',
      says: /job is job-a+ in the spec but job-b+/,
      claims: { job: `job-${'b'.repeat(20)}` },
    },
    { name: 'a ticket of another profile', says: /profile is smoke in the spec but prod/, claims: { profile: 'prod' } },
    { name: 'a ticket of another recipe', says: /recipe_digest is 1+ in the spec but f+/, claims: { recipe: other } },
    {
      name: 'a ticket of another base model',
      says: /base_model\.digest is \w+ in the spec but f+/,
      claims: { base_model: other },
    },
    {
      name: 'a ticket without the data set',
      says: /rows \(\w+\) is not among the checked datasets/,
      claims: { datasets: [{ digest: other, merkle_root: other }] },
    },
    { name: 'an expired ticket', says: /expired at 2026-01-02/, claims: { expires_at: '2026-01-02T00:00:00.000Z' } },
    {
      name: 'an s3:// address',
      says: /\/output_uri: s3:.*file:\/\/ URIs only/,
      overrides: { output_uri: 's3://bucket/x/' },
    },
  ]
  it.each(changes)('for $name', async (change) => {
    await expectRefusal(change)
  })

  it('for a payload changed after signing', async () => {
    await expectRefusal({ name: '', says: /signature does not match/ }, ({ spec }) =>
      editSpec(spec, ({ ticket }) => {
        ticket.payload = ticket.payload.replace('2100', '2101')
      }),
    )
  })

  it('for a data set with one byte changed, and status.json says why', async () => {
    const { output } = await expectRefusal(
      { name: '', says: /dataset rows: the bytes have sha256 \w+, not/ },
      ({ dataset }) => writeFileSync(dataset, readFileSync(dataset, 'utf8').replace('ant.', 'ant!')),
    )
    expect(readStatus(output)).toMatchObject({ status: 'failed', anomaly_reason: expect.stringContaining('sha256') })
  })

  it('for a model file with one byte changed', async () => {
    await expectRefusal({ name: '', says: /model\.safetensors has sha256 \w+, not the listed/ }, ({ model }) => {
      const path = join(model, 'model.safetensors')
      const bytes = readFileSync(path)
      bytes[bytes.length - 1]! ^= 1
      writeFileSync(path, bytes)
    })
  })

  it('for a model manifest that was rewritten', async () => {
    await expectRefusal({ name: '', says: /base_model: \S+ has digest \w+, not/ }, ({ model }) =>
      appendFileSync(join(model, 'MANIFEST.json'), '\n'),
    )
  })

  it('for a spec with several bad fields, all listed', async () => {
    const overrides = {
      planned_steps: 0,
      seed: -1,
      dataset: { name: 'X', uri: 'http://x', digest: 'y', rows: 0 },
      extra: 1,
    }
    const { stderr } = await expectRefusal({ name: '', says: /spec/, overrides })
    for (const field of [
      '/planned_steps',
      '/seed',
      '/dataset/name',
      '/dataset/uri',
      '/dataset/digest',
      '/dataset/rows',
    ]) {
      expect(stderr).toContain(`spec ${field}:`)
    }
  })

  it('with every problem of ticket, model and data at once, naming rows and characters', async () => {
    const workspace = createWorkspace(writeSmallModel(join(createWorkspace().folder, 'model')))
    const rows = [
      { prompt: 'say ä', answer: 'x' },
      { prompt: 'fine', answer: 'x' },
      { prompt: '', answer: 'x' },
      ...Array.from({ length: 22 }, () => ({ prompt: [{ role: 'user', content: 'π' }], answer: '1' })),
    ]
    const { uri } = workspace.output('out')
    const spec = workspace.spec(
      {
        mode: 'train',
        algorithm: 'grpo',
        stage: 0,
        attempt: 1,
        planned_steps: 2,
        save_steps: 1,
        flush_seconds: 1,
        dataset: workspace.dataset('rows', rows),
        output_uri: uri,
        resume_from: { uri: 'file:///nowhere/step_3', step: 3 },
        hyperparameters: {
          ...hyperparameters.grpo,
          max_completion_length: 500,
        },
      },
      { claims: { profile: 'prod', expires_at: '2026-01-02T00:00:00.000Z' } },
    )
    const { code, stderr } = await runTrainer(spec, workspace.publicPem)
    expect(code).toBe(65)
    for (const part of [
      'profile is smoke',
      'expired at',
      'resume_from: file:///nowhere/step_3 cannot be loaded',
      'row 2: not a row of format answer: /prompt',
      'row 0: "ä" in prompt, character 4 is not in the model\'s vocabulary',
      "more than the model's context of 64",
    ]) {
      expect(stderr).toContain(part)
    }
    expect(stderr.match(/"π" in message 0 \(user\)/g)).toHaveLength(19)
    expect(stderr).toContain('and 3 more bad rows')
  })

  it('when the environment is incomplete', async () => {
    const workspace = createWorkspace()
    const { code, stderr } = await runTrainer(join(workspace.folder, 'none.json'), '', { SLUICE_SPEC_URI: 'x' })
    expect(code).toBe(65)
    expect(stderr).toMatch(/SLUICE_SPEC_URI: must start with/)
    expect(stderr).toMatch(/SLUICE_TICKET_PUBLIC_KEY/)
  })
})

describe('one output, one trainer', () => {
  it('a second trainer exits 64 while the first lives, and touches nothing', async () => {
    const { workspace, run } = createStage('sft')
    const { spec, output } = run('out', { planned_steps: 100_000 })
    const first = startTrainer(spec, workspace.publicPem)
    await first.line(/step 1\//)
    const second = await runTrainer(spec, workspace.publicPem)
    first.process.kill('SIGTERM')
    expect(second.code).toBe(64)
    expect(second.stderr).toContain(`live process ${first.process.pid}`)
    expect((await first.finished).code).toBe(75)
    expect(readStatus(output).status).toBe('preempted')
  })

  it('a lease whose process number was recycled is taken over', async () => {
    const { workspace, run } = createStage('sft')
    const { spec, output } = run('out', { planned_steps: 1 })
    expect((await runTrainer(spec, workspace.publicPem)).code).toBe(0)
    const lease = JSON.parse(readFileSync(join(output, 'lease.json'), 'utf8'))
    writeFileSync(join(output, 'lease.json'), JSON.stringify({ ...lease, pid: process.pid }))
    expect(await runTrainer(spec, workspace.publicPem)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('already'),
    })
  })
})

describe('a finished output', () => {
  it('is recognised by a rerun, which exits 0 and changes nothing', async () => {
    const { workspace, run } = createStage('sft')
    const { spec, output } = run('out', { planned_steps: 2 })
    await runTrainer(spec, workspace.publicPem)
    const before = [readFileSync(join(output, 'manifest.json'), 'utf8'), readMetrics(output).length]
    expect(await runTrainer(spec, workspace.publicPem)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('already'),
    })
    expect([readFileSync(join(output, 'manifest.json'), 'utf8'), readMetrics(output).length]).toEqual(before)
  })

  it('is never overwritten by another spec, nor accepted when a file was changed', async () => {
    const { workspace, run } = createStage('sft')
    const { spec, output } = run('out', { planned_steps: 2 })
    await runTrainer(spec, workspace.publicPem)
    const other = run('out', { planned_steps: 3 })
    expect(await runTrainer(other.spec, workspace.publicPem)).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('another run'),
    })
    appendFileSync(join(output, 'final/adapter_config.json'), ' ')
    expect(await runTrainer(spec, workspace.publicPem)).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('not the listed'),
    })
  })
})

describe('divergence', () => {
  it('ships the line with the value as a string, marks the status and exits 70 without a checkpoint', async () => {
    const model = writeSmallModel(join(createWorkspace().folder, 'model'), (tensors) => {
      tensors['model.norm.weight']!.data.fill(3e38)
    })
    const workspace = createWorkspace(model)
    const { path, uri } = workspace.output('out')
    const base = {
      mode: 'train',
      algorithm: 'sft',
      stage: 0,
      attempt: 1,
      planned_steps: 5,
      save_steps: 1,
      flush_seconds: 60,
    }
    const dataset = workspace.dataset('rows', sftRows)
    const spec = workspace.spec({ ...base, dataset, hyperparameters: hyperparameters.sft, output_uri: uri })
    expect(await runTrainer(spec, workspace.publicPem)).toMatchObject({
      code: 70,
      stderr: expect.stringContaining('loss NaN'),
    })
    const lines = readMetrics(path)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ step: 1, data: { total_loss: 'NaN' } })
    expect(readStatus(path)).toMatchObject({ status: 'failed', anomaly_detected: true, current_step: 1 })
    expect(existsSync(join(path, 'checkpoints'))).toBe(false)
  })
})
