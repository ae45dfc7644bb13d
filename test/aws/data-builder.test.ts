import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { failureKey, resultKey, specKey } from '../../core/data-factory/build/build-store.ts'
import { concludeBuild, failBuild } from '../../core/data-factory/build/conclude-build.ts'
import { planBuild } from '../../core/data-factory/build/plan-build.ts'
import { submitBuild } from '../../core/data-factory/build/submit-build.ts'
import { bundleFamily } from '../../infra/bundle.ts'
import { BuildRequest } from '../../schemas/build.ts'
import { everything, register, rowsOf, story } from '../core/data-factory/build/support.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { awsOptions, describeOnMoto } from '../support/moto.ts'
import { type BucketOnMoto, openBucket } from '../support/s3-bucket.ts'
import { tempDir } from '../support/temp-dir.ts'

/** The bundle as its container runs it: in a process of its own, with the environment of its job definition. */
async function run(uri: string, endpoint: string) {
  const { region, credentials } = awsOptions()
  const scratch = tempDir()
  const env = {
    SLUICE_BUILD_URI: uri,
    SLUICE_SCRATCH: scratch,
    SLUICE_THREADS: '1',
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const entry = join(bundleFamily('builder').directory, 'index.mjs')
  const said = await new Promise<{ code: unknown; out: string; err: string }>((done) => {
    const command = ['--disable-warning=ExperimentalWarning', entry]
    execFile(process.execPath, command, { env }, (error, out, err) => done({ code: error?.code ?? 0, out, err }))
  })
  return { ...said, left: readdirSync(scratch) }
}

describeOnMoto('the data builder', () => {
  let bucket: BucketOnMoto
  let platform: TestPlatform
  beforeAll(async () => {
    bucket = await openBucket()
    platform = { ...createTestPlatform(), blobs: bucket.blobs as TestPlatform['blobs'] }
    await register(
      platform,
      'raw',
      Array.from({ length: 60 }, (_, i) => ({ ...story(i), task: i % 2 ? 'a' : 'b' })),
    )
  })
  afterAll(() => bucket.close())

  async function planned(request: object): Promise<string> {
    const { id } = await submitBuild(platform, BuildRequest.parse(request), { principal: 'test' })
    await planBuild(platform, { build: id })
    return id
  }

  it('does a whole build with nothing but a bucket, a disk and threads, and leaves the disk empty', async () => {
    const id = await planned(everything)
    const { code, out, err, left } = await run(bucket.blobs.uri(specKey(id)), bucket.proxy.endpoint)
    expect({ code, err, left }).toEqual({ code: 0, err: '', left: [] })
    expect(out).toMatch(new RegExp(`^${id}: 2 versions, \\d+ rows left out\n$`))
    const { status, outputs } = await concludeBuild(platform, { build: id })
    expect([status, outputs.map(({ dataset }) => dataset)]).toEqual(['succeeded', ['all-train', 'all-test']])
    const [train] = outputs
    if (!train) throw new Error('no output')
    const rows = await rowsOf(platform, { name: train.dataset, digest: train.digest } as never)
    expect(rows).toHaveLength(train.rows)
  })

  it('run again after it was done, finds its result', async () => {
    const id = await planned({ ...everything, name: 'twice' })
    const uri = bucket.blobs.uri(specKey(id))
    await run(uri, bucket.proxy.endpoint)
    const before = await bucket.blobs.head(resultKey(id))
    expect((await run(uri, bucket.proxy.endpoint)).code).toBe(0)
    expect(await bucket.blobs.head(resultKey(id))).toEqual(before)
  })

  it('says beside the build why it cannot be done, and ends with 65', async () => {
    const id = await planned({ ...everything, name: 'none', operators: { length: { max_tokens: 1 }, language: false } })
    const { code, err } = await run(bucket.blobs.uri(specKey(id)), bucket.proxy.endpoint)
    expect([code, err]).toEqual([65, expect.not.stringContaining('    at ')])
    expect(await bucket.blobs.head(failureKey(id))).toBeDefined()
    const { status, reason } = await failBuild(platform, { build: id, error: 'States.TaskFailed', cause: '{}' })
    expect([status, `${reason?.message}\n`]).toEqual(['failed', err])
  })

  it.each([
    [
      's3://bucket/builds/bld-1/other.json',
      /SLUICE_BUILD_URI is s3:\/\/bucket\/builds\/bld-1\/other.json, which is not/,
    ],
    ['', /SLUICE_BUILD_URI is , which is not/],
  ])('told to build %j it ends with 1 and says what is wrong', async (uri, message) => {
    const { code, err } = await run(uri, bucket.proxy.endpoint)
    expect(code).toBe(1)
    expect(err).toMatch(message)
  })
})
