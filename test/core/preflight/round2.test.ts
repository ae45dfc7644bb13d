import { describe, expect, it } from 'vitest'
import { saveReport } from '../../../core/preflight/report.ts'
import { runRound2 } from '../../../core/preflight/round2.ts'
import { type PreflightSubject, scorerReceiptsKey, shadowKey } from '../../../core/preflight/subject.ts'
import { registerBaseModel } from '../../../core/registry/base-models.ts'
import { jsonl } from '../../support/sample-project.ts'
import { scored } from '../../support/scripted-endpoints.ts'
import { addDataset, baseModel } from '../support/project.ts'
import { scorerEndpoint, withScorers } from '../support/scorers.ts'
import { notPassed, prepareSubject } from '../support/subject.ts'
import { createTestPlatform } from '../support/test-platform.ts'

async function afterRound1(change: (subject: PreflightSubject) => PreflightSubject = (subject) => subject) {
  const platform = createTestPlatform()
  const subject = change(await prepareSubject(platform))
  await saveReport(platform, subject, { round: 'round1', files: {}, checks: [] })
  return { platform, subject }
}

const failures = (checks: Parameters<typeof notPassed>[0]) =>
  notPassed(checks).filter((text) => text.endsWith(': fail'))

describe('round 2', () => {
  it('passes after a round 1 that passed, and says what it measured', async () => {
    const { platform, subject } = await afterRound1()
    const report = await runRound2(platform, subject)
    expect(report).toMatchObject({ round: 'round2', pass: true })
    expect(report.files).toEqual({
      recipe: subject.recipeDigest,
      base_model: baseModel.digest,
      code_version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    })
    expect(report.checks.find(({ name }) => name === 'free_disk')?.message).toBe('DISK_OK 100.0 GB')
  })

  it.each([
    ['nothing is', [], ['base_model_files tiny-llama: fail']],
    ['there are files', ['base-models/tiny/config.json'], []],
    ['only others are', ['base-models/tiny-2/config.json'], ['base_model_files tiny-llama: fail']],
  ])('looks at a base model in our own bucket: where %s', async (_, keys, failed) => {
    const { platform, subject } = await afterRound1()
    const uri = `${platform.blobs.uri('base-models/tiny')}/`
    await registerBaseModel(platform, { ...baseModel, uri })
    for (const key of keys) await platform.blobs.put(key, '{}', 'absent')
    const { checks } = await runRound2(platform, subject)
    expect(failures(checks)).toEqual(failed)
    const message = `${failed.length === 0 ? 'there are files' : 'there is nothing'} at ${uri}`
    expect(checks.find(({ name }) => name === 'base_model_files')).toMatchObject({ message })
  })

  it('does not look at a base model elsewhere: only its trainer can', async () => {
    const { platform, subject } = await afterRound1()
    await registerBaseModel(platform, { ...baseModel, uri: 'file:///elsewhere/' })
    const { checks } = await runRound2(platform, subject)
    expect(checks.some(({ name }) => name === 'base_model_files')).toBe(false)
  })

  it('fails when round 1 was never made', async () => {
    const platform = createTestPlatform()
    const report = await runRound2(platform, await prepareSubject(platform))
    expect(report.pass).toBe(false)
    expect(failures(report.checks)).toEqual(['round1_passed round1: fail'])
  })

  it('fails when round 1 failed', async () => {
    const platform = createTestPlatform()
    const subject = await prepareSubject(platform)
    await saveReport(platform, subject, {
      round: 'round1',
      files: {},
      checks: [{ name: 'x', subject: 'y', status: 'fail', value: null, threshold: '', message: '', evidence: [] }],
    })
    expect(failures((await runRound2(platform, subject)).checks)).toEqual(['round1_passed round1: fail'])
  })

  it('fails when the base model was replaced or is gone', async () => {
    const replaced = await afterRound1()
    await registerBaseModel(replaced.platform, { ...baseModel, digest: 'f'.repeat(64) })
    expect(failures((await runRound2(replaced.platform, replaced.subject)).checks)).toEqual([
      'base_model tiny-llama: fail',
    ])

    const gone = await afterRound1((subject) => ({ ...subject, baseModel: { ...subject.baseModel, id: 'gone' } }))
    const report = await runRound2(gone.platform, gone.subject)
    expect(report.checks.find(({ status }) => status === 'fail')).toMatchObject({ name: 'base_model', value: 'absent' })
  })

  it.each([
    ['smoke', undefined, 1e9, 'fail'],
    ['smoke', undefined, 1.1e9, 'pass'],
    ['prod', undefined, 50e9, 'fail'],
    ['prod', undefined, 50.1e9, 'pass'],
    ['prod', 10, 10.1e9, 'pass'],
    ['smoke', undefined, Number.NaN, 'fail'],
    ['smoke', undefined, undefined, 'fail'],
  ] as const)('in %s with limit %s and %s bytes free: %s', async (profile, min_free_gb, bytes, status) => {
    const { platform, subject } = await afterRound1((subject) => {
      const { min_free_gb: _, ...limits } = subject.recipe.preflight
      const preflight = { ...limits, ...(min_free_gb !== undefined && { min_free_gb }) }
      return { ...subject, profile, recipe: { ...subject.recipe, profile, preflight } }
    })
    platform.compute.setDefinition(bytes === undefined ? undefined : { freeDiskBytes: bytes })
    const report = await runRound2(platform, subject)
    expect(report.checks.find(({ name }) => name === 'free_disk')?.status).toBe(status)
  })

  it('runs every check even when one fails', async () => {
    const platform = createTestPlatform()
    const subject = await prepareSubject(platform, { recipe: { profile: 'prod', weights: {} } })
    platform.compute.setFreeDisk(0)
    const names = (await runRound2(platform, subject)).checks
      .filter(({ status }) => status === 'fail')
      .map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['round1_passed', 'min_steps', 'run_guards', 'weights', 'free_disk']))
  })

  it('looks at the machine: GPU, image, price and versions, in prod and all at once', async () => {
    const resources = { definition: 'trl', environment: { torch: '>=2.6' } }
    const platform = createTestPlatform()
    const subject = await prepareSubject(platform, { recipe: { profile: 'prod', resources, budget: { max_usd: 10 } } })
    platform.compute.setDefinition({ image: 'trl:latest', gpus: 1, gpuMemoryBytes: 24e9, usdPerHour: null })
    const red = failures((await runRound2(platform, subject)).checks).map((text) => text.split(' ')[0])
    expect(red).toEqual(expect.arrayContaining(['gpu_memory', 'image_digest', 'budget', 'environment']))
  })

  it('reads the architecture of a base model in our own bucket, or takes the registered one', async () => {
    const config = {
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      intermediate_size: 11_008,
      vocab_size: 32_000,
    }
    const value = async (architecture: boolean) => {
      const { platform, subject } = await afterRound1()
      const uri = `${platform.blobs.uri('base-models/llama')}/`
      const size = { hidden_size: 4096, layers: 1, attention_heads: 32, kv_heads: 32, intermediate_size: 11_008 }
      const registered = { ...size, parameters: 2e9, vocab_size: 32_000, dtype: 'bfloat16' as const }
      await registerBaseModel(platform, { ...baseModel, uri, ...(architecture && { architecture: registered }) })
      await platform.blobs.put('base-models/llama/config.json', JSON.stringify(config), 'absent')
      platform.compute.setDefinition({ gpus: 1, gpuMemoryBytes: 80e9 })
      const { checks } = await runRound2(platform, subject)
      return checks.find(({ name }) => name === 'gpu_memory')?.value
    }
    expect(await value(false)).toBeGreaterThan(13)
    expect(await value(true)).toBeLessThan(6)
  })

  it('binds image and versions of the machine by name', async () => {
    const { platform, subject } = await afterRound1()
    const image = `registry.example.com/trl@sha256:${'a'.repeat(64)}`
    platform.compute.setDefinition({ image })
    const key = `environments/${subject.recipe.resources.definition}/version.json`
    await platform.blobs.put(key, JSON.stringify({ image, versions: {} }), 'absent')
    const { files, pass } = await runRound2(platform, subject)
    expect([pass, files.image, files[key]]).toEqual([true, image, expect.stringMatching(/^[0-9a-f]{64}$/)])
  })

  it('probes the scorers, and its report binds what they answered', async () => {
    const test = createTestPlatform()
    const rows = Array.from({ length: 3 }, (_, i) => ({ prompt: `q${i}`, completion: `a${i}`, label: i > 0 }))
    await addDataset(test, 'shadow', jsonl(rows))
    const shadow = { set: 'shadow', old: scorerEndpoint('old'), new: scorerEndpoint('new') }
    const preflight = { min_free_gb: 0, shadow, scorer: scorerEndpoint('judge') }
    const subject = await prepareSubject(test, { recipe: { preflight } })
    const platform = withScorers(test, (_, __, nth) => scored((nth % 10) / 10, `req-${nth}`))
    const report = await runRound2(platform, subject)
    const names = report.checks.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['scorer_probe', 'scorer_cache_hits', 'shadow_spearman']))
    expect(report.checks.find(({ name }) => name === 'scorer_cache_hits')?.message).toContain('of 26 answers')
    expect(Object.keys(report.files)).toEqual(
      expect.arrayContaining([scorerReceiptsKey(subject, 'round2'), shadowKey(subject, 'round2')]),
    )
    expect(report.pass).toBe(false)
  })
})
