import { beforeEach, describe, expect, it } from 'vitest'
import { cloneJob } from '../../../core/jobs/control-job.ts'
import { submitJob } from '../../../core/jobs/submit-job.ts'
import type { Fault } from '../../../core/platform/fault.ts'
import { publishRecipe } from '../../../core/recipes/publish-recipe.ts'
import { registerBaseModel } from '../../../core/registry/base-models.ts'
import { Job, type SubmitJob } from '../../../schemas/job.ts'
import { type RecipeInput, RecipeSpec } from '../../../schemas/recipe.ts'
import { jsonl, prompts, sampleRecipe, sft } from '../../support/sample-project.ts'
import { rejection } from '../support/caught.ts'
import { addDataset, anybody, baseModel, prepareProject } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
})

const alice = { principal: 'alice', idempotencyKey: 'key-1' }
const request = (change: Partial<SubmitJob> = {}): SubmitJob => ({
  recipe: 'sample',
  datasets: {},
  labels: {},
  ...change,
})
const publish = (change: Partial<RecipeInput>) =>
  publishRecipe(platform, RecipeSpec.parse(sampleRecipe(change)), anybody)
const jobs = () => platform.events().filter(({ type }) => type === 'job.submitted.v1')
const stagesOn = (...datasets: string[]) =>
  sampleRecipe().stages.map((stage, i) => ({ ...stage, dataset: datasets[i] ?? '' }))

describe('a submitted job', () => {
  it('pins recipe, datasets and base model by digest', async () => {
    const job = await submitJob(platform, request({ labels: { team: 'a' } }), anybody)
    expect(Job.parse(job)).toEqual(job)
    expect(job).toMatchObject({
      status: 'submitted',
      run: 1,
      profile: 'smoke',
      recipe: { name: 'sample', version: 1 },
      base_model: { id: baseModel.id, digest: baseModel.digest },
      datasets: { stages: [{ name: 'sample-sft', rows: 40 }, { name: 'sample-prompts', rows: 40 }] }, // biome-ignore format: one row
      stages: [
        { index: 0, algorithm: 'sft', status: 'pending', planned_steps: 4, attempts: [] },
        { index: 1, algorithm: 'grpo' },
      ],
      labels: { team: 'a' },
    })
    expect(jobs()).toMatchObject([{ id: `${job.id}#1`, subject: job.id, data: { run: 1 } }])
  })

  it('uses the newest versions unless told, and what is published later changes nothing', async () => {
    const job = await submitJob(platform, request(), anybody)
    const newer = await addDataset(platform, 'sample-sft', jsonl(sft.slice(1)))
    await publish({ seed: 2 })
    const next = await submitJob(platform, request(), anybody)
    expect(next).toMatchObject({ recipe: { version: 2 }, datasets: { stages: [{ digest: newer.digest }, {}] } })
    const pinned = { 'sample-sft': `sample-sft@${job.datasets.stages[0]?.digest}` }
    const again = await submitJob(platform, request({ recipe: 'sample@1', datasets: pinned }), anybody)
    expect(again).toMatchObject({ recipe: job.recipe, datasets: job.datasets })
  })

  it('may put another dataset in the place of one that the recipe names', async () => {
    const other = await addDataset(platform, 'other', jsonl(sft.slice(2)))
    const job = await submitJob(platform, request({ datasets: { 'sample-sft': 'other' } }), anybody)
    expect(job.datasets.stages[0]).toEqual({ name: 'other', digest: other.digest, rows: other.rows })
  })

  it('takes a dataset name as a name, even one that every object knows', async () => {
    await publish({ stages: stagesOn('constructor', 'sample-prompts') })
    await addDataset(platform, 'constructor', jsonl(sft))
    expect((await submitJob(platform, request(), anybody)).datasets.stages[0]?.name).toBe('constructor')
  })
})

describe('the same key', () => {
  it('with the same request gives the same job, also when newer versions are there by now', async () => {
    const job = await submitJob(platform, request(), alice)
    await publish({ seed: 2 })
    await platform.clock.advance(60_000)
    expect(await submitJob(platform, request(), alice)).toEqual(job)
    expect(jobs()).toHaveLength(1)
  })

  it('with another request is a mismatch', async () => {
    await submitJob(platform, request(), alice)
    await expect(submitJob(platform, request({ labels: { a: 'b' } }), alice)).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    })
    expect(jobs()).toHaveLength(1)
  })

  it('of another principal is another job, and so is no key at all', async () => {
    const ids = [alice, { ...alice, principal: 'bob' }, { principal: 'alice' }, { principal: 'alice' }].map(
      async (caller) => (await submitJob(platform, request(), caller)).id,
    )
    expect(new Set(await Promise.all(ids)).size).toBe(4)
  })

  it('at once many times gives one job', async () => {
    const same = await Promise.all(Array.from({ length: 6 }, () => submitJob(platform, request(), alice)))
    expect(new Set(same.map(({ id }) => id)).size).toBe(1)
    expect(jobs()).toHaveLength(1)
  })

  it('never meets an old job when its claim has expired', async () => {
    const old = await submitJob(platform, request(), alice)
    await platform.clock.advance(8 * 86_400_000)
    await platform.table.put({ pk: 'any', sk: 'write', data: {} }, 'any')
    const other = await submitJob(platform, request({ labels: { a: 'b' } }), alice)
    expect(other.id).not.toBe(old.id)
    expect(other.labels).toEqual({ a: 'b' })
  })
})

describe('a job that names what does not exist', () => {
  const problems = async (asked: SubmitJob, caller = anybody as typeof alice) => {
    const fault = (await rejection(submitJob(platform, asked, caller))) as Fault
    expect(fault.code).toBe('invalid')
    for (const { remedy, message } of fault.errors) expect(remedy.length * message.length).toBeGreaterThan(0)
    return fault.errors.map(({ pointer, code }) => [pointer, code])
  }

  it('is told everything at once, and nothing is written', async () => {
    await publish({
      base_model: 'missing-model',
      stages: stagesOn('missing-a', `missing-b@${'0'.repeat(64)}`),
      evaluation: { ...sampleRecipe().evaluation, dataset: 'missing-c' },
    })
    const before = platform.events().length
    const asked = request({ datasets: { 'missing-c': 'elsewhere', unused: 'sample-sft', 'missing-b': 'sample-sft' } })
    expect(await problems(asked, alice)).toEqual([
      ['/datasets/unused', 'unused'],
      ['/datasets/missing-b', 'unused'],
      ['/recipe/stages/0/dataset', 'not_found'],
      ['/recipe/stages/1/dataset', 'not_found'],
      ['/datasets/missing-c', 'not_found'],
      ['/recipe/base_model', 'not_found'],
    ])
    expect(platform.events()).toHaveLength(before)
    expect((await platform.table.query({ pk: 'IDEM#alice' })).items).toEqual([])
  })

  it.each(['missing', 'sample@7'])('recipe %s', async (recipe) => {
    expect(await problems(request({ recipe }))).toEqual([['/recipe', 'not_found']])
  })

  it('says that a version which the recipe pins cannot be chosen', async () => {
    const { digest } = await addDataset(platform, 'sample-sft', jsonl(sft))
    await publish({ stages: stagesOn(`sample-sft@${digest}`, 'sample-prompts') })
    const fault = (await rejection(
      submitJob(platform, request({ datasets: { 'sample-sft': 'other' } }), anybody),
    )) as Fault
    expect(fault.errors).toMatchObject([{ message: 'recipe "sample" pins the version of dataset "sample-sft"' }])
  })
})

describe('a clone', () => {
  it('runs the same recipe version on the same dataset versions, whatever is newest by now', async () => {
    const other = await addDataset(platform, 'other', jsonl(sft.slice(2)))
    const job = await submitJob(platform, request({ datasets: { 'sample-sft': 'other' }, labels: { a: 'b' } }), anybody)
    await publish({ seed: 2 })
    await addDataset(platform, 'other', jsonl(sft))
    await addDataset(platform, 'sample-prompts', jsonl(prompts.slice(1)))
    const clone = await cloneJob(platform, job.id, anybody)
    expect(clone).toMatchObject({ recipe: job.recipe, datasets: job.datasets, labels: job.labels, cloned_from: job.id })
    expect(clone.id).not.toBe(job.id)
    expect(clone.datasets.stages[0]?.digest).toBe(other.digest)
  })

  it('keeps apart two versions of one dataset', async () => {
    const old = await addDataset(platform, 'sample-sft', jsonl(sft.slice(3)))
    const newer = await addDataset(platform, 'sample-sft', jsonl(sft.slice(4)))
    const stages = [sampleRecipe().stages[0], sampleRecipe().stages[0]].map((stage, i) => ({
      ...(stage as RecipeInput['stages'][number]),
      dataset: i === 0 ? `sample-sft@${old.digest}` : 'sample-sft',
    }))
    await publish({ stages })
    const job = await submitJob(platform, request(), anybody)
    expect(job.datasets.stages.map(({ digest }) => digest)).toEqual([old.digest, newer.digest])
    expect((await cloneJob(platform, job.id, anybody)).datasets).toEqual(job.datasets)
  })

  it('with a key is one clone, and the key is good for no other job', async () => {
    const [a, b] = [await submitJob(platform, request(), anybody), await submitJob(platform, request(), anybody)]
    const clone = await cloneJob(platform, a.id, alice)
    expect(await cloneJob(platform, a.id, alice)).toEqual(clone)
    await expect(cloneJob(platform, b.id, alice)).rejects.toMatchObject({ code: 'idempotency_mismatch' })
  })

  it('takes the base model as it is now', async () => {
    const job = await submitJob(platform, request(), anybody)
    await registerBaseModel(platform, { ...baseModel, digest: 'a'.repeat(64) })
    expect((await cloneJob(platform, job.id, anybody)).base_model.digest).toBe('a'.repeat(64))
  })
})
