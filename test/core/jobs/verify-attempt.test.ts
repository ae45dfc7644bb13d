import { readFile, rm, writeFile } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { getJob } from '../../../core/jobs/job-store.ts'
import { verifyAttempt } from '../../../core/jobs/verify-attempt.ts'
import { ingestSegments } from '../../../core/metrics/ingest-segments.ts'
import { sha256 } from '../../../core/platform/digest.ts'
import type { TrainManifest } from '../../../schemas/trainer-contract.ts'
import { finishTraining } from '../../support/instant-compute.ts'
import { admitted, prepared } from '../support/driven-job.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let job: string
let folder: string
beforeEach(async () => {
  platform = createTestPlatform()
  job = (await admitted(platform)).id
  const attempt = await prepared(platform, job)
  folder = attempt.folder
  await finishTraining(attempt.spec, folder)
})

async function verify() {
  const record = await getJob(platform.table, job)
  const stage = record.stages[0]
  if (!stage) throw new Error('the job has no stage')
  await ingestSegments(platform, { job, stage: 0, attempt: 1 }, `jobs/${job}/stages/0-sft/attempts/1/metrics/`)
  return verifyAttempt(platform, record, stage, 1)
}
async function changeManifest(change: (manifest: TrainManifest) => object): Promise<void> {
  const manifest = JSON.parse(await readFile(`${folder}manifest.json`, 'utf8')) as TrainManifest
  await writeFile(`${folder}manifest.json`, JSON.stringify(change(manifest)))
}

it('an attempt is verified when its manifest, its files and its steps are right', async () => {
  const manifest = await readFile(`${folder}manifest.json`)
  expect(await verify()).toEqual({
    ok: true,
    artifact: { key: `jobs/${job}/stages/0-sft/attempts/1/`, manifest_digest: sha256(manifest) },
  })
})

describe('an attempt is not verified', () => {
  const digest = 'e'.repeat(64)

  it.each<[string, (manifest: TrainManifest) => object, string]>([
    ['of another job', (m) => ({ ...m, job: 'job-00000000000000000009' }), 'manifest job is'],
    ['of another stage', (m) => ({ ...m, stage: 1 }), 'manifest stage is 1, expected 0'],
    ['of another attempt', (m) => ({ ...m, attempt: 2 }), 'manifest attempt is 2, expected 1'],
    ['of another algorithm', (m) => ({ ...m, algorithm: 'dpo' }), 'manifest algorithm is dpo, expected sft'],
    ['of another recipe', (m) => ({ ...m, recipe_digest: digest }), 'manifest recipe_digest'],
    ['of another base model', (m) => ({ ...m, base_model: { id: 'x', digest } }), 'manifest base_model digest'],
    ['on another dataset', (m) => ({ ...m, dataset_digest: digest }), 'manifest dataset_digest'],
    ['at fewer steps', (m) => ({ ...m, global_step: 3 }), 'manifest global_step is 3, expected 4'],
    ['without files', (m) => ({ ...m, files: {} }), 'the manifest lists no files'],
    [
      'with a file that is not there',
      (m) => ({ ...m, files: { ...m.files, 'final/x': { sha256: digest, size: 1 } } }),
      'final/x is in the manifest but not stored',
    ],
    [
      'with a file outside',
      (m) => ({ ...m, files: { '../../../../spec.json': { sha256: digest, size: 1 } } }),
      'is not a file name',
    ],
    ['without a field', ({ files: _, ...m }) => m, 'manifest.json cannot be read'],
  ])('with a manifest %s', async (_, change, problem) => {
    await changeManifest(change)
    expect(await verify()).toEqual({ ok: false, problems: [expect.stringContaining(problem)] })
  })

  it('without a manifest, or with one that is not JSON', async () => {
    await writeFile(`${folder}manifest.json`, '{')
    expect(await verify()).toEqual({ ok: false, problems: [expect.stringContaining('cannot be read')] })
    await rm(`${folder}manifest.json`)
    expect(await verify()).toEqual({ ok: false, problems: [expect.stringContaining('is missing')] })
  })

  it('with an adapter that is not the one of the manifest, or empty', async () => {
    await writeFile(`${folder}final/adapter_model.safetensors`, 'another')
    expect(await verify()).toEqual({ ok: false, problems: [expect.stringContaining('the manifest says')] })
    await writeFile(`${folder}final/adapter_model.safetensors`, '')
    await changeManifest((m) => ({
      ...m,
      files: { 'final/adapter_model.safetensors': { sha256: sha256(''), size: 0 } },
    }))
    expect(await verify()).toEqual({ ok: false, problems: ['final/adapter_model.safetensors is empty'] })
  })

  it('with steps that were not logged', async () => {
    const lines = (await readFile(`${folder}metrics/00000000.jsonl`, 'utf8')).split('\n')
    await writeFile(`${folder}metrics/00000000.jsonl`, lines.slice(0, 3).join('\n'))
    expect(await verify()).toEqual({ ok: false, problems: ['steps 4 to 4 are missing'] })
  })

  it('with everything that is wrong at once', async () => {
    await rm(`${folder}metrics`, { recursive: true })
    await changeManifest((m) => ({ ...m, stage: 1, global_step: 9, files: {} }))
    expect(await verify()).toMatchObject({ ok: false, problems: { length: 4 } })
  })
})
