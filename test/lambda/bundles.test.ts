import { execFile, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { json } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bundle, build, bundleFamily } from '../../infra/bundle.ts'
import { objectCreated } from './support/aws-events.ts'
import { type AwsStub, startAwsStub } from './support/aws-stub.ts'
import { restRequest } from './support/rest-request.ts'

const run = promisify(execFile)
const families = ['api', 'stream', 'authorizer', 'steps', 'events'] as const
const bundles = [...families, 'builder'] as const
const iam = 'arn:aws:iam::123456789012:user/ada'

let aws: AwsStub
beforeAll(async () => {
  aws = await startAwsStub()
})
afterAll(() => aws.stop())

interface Run {
  // biome-ignore lint/suspicious/noExplicitAny: whatever a function answers.
  outcomes: any[]
  said: string[]
}

/** Loads a bundle in a fresh process with the environment of this function, and nothing else of ours, and invokes it. */
async function invoke(family: (typeof families)[number], name: string, events: unknown[]): Promise<Run> {
  const { directory } = bundleFamily(family)
  const env = {
    SLUICE_FUNCTION: name,
    SLUICE_STAGE: 'test',
    SLUICE_CONTROL_TABLE: 'control',
    SLUICE_METRICS_TABLE: 'metrics',
    SLUICE_BUCKET: 'blobs',
    SLUICE_TIMEOUT_SECONDS: '29',
    SLUICE_JOB_QUEUES: 'arn:aws:batch:eu-west-1:123456789012:job-queue/spot',
    SLUICE_JOB_DEFINITION_PREFIX: 'sluice-test-',
    SLUICE_DISK_GIB: '100',
    SLUICE_STATE_MACHINES: '{}',
    SLUICE_JWT_ISSUER: 'http://127.0.0.1:1',
    SLUICE_JWT_AUDIENCE: 'sluice',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_ENDPOINT_URL: aws.url,
  }
  const script = resolve('test/lambda/support/invoke-bundle.ts')
  const child = spawn(process.execPath, [script, directory], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(events))
  return (await json(child.stdout)) as Run
}

describe('a bundle, in a process of its own', () => {
  it('of the API answers from what it loads at once, and from what it loads when asked', async () => {
    const { outcomes, said } = await invoke('api', 'api', [
      restRequest('GET', '/v1/jobs'),
      restRequest('POST', '/v1/recipes', { iam, body: {} }),
      restRequest('GET', '/v1/jobs', { iam }),
      restRequest('GET', '/v1/jobs/job-00000000000000000001', { iam }),
      restRequest('GET', '/openapi.json'),
      restRequest('POST', '/v1/uploads', { iam }),
    ])
    expect(outcomes.map(({ answer }) => answer.statusCode)).toEqual([401, 422, 200, 404, 200, 201])
    expect(JSON.parse(outcomes[4].answer.body).openapi).toBe('3.1.0')
    expect(aws.asked).toEqual(['DynamoDB_20120810.Query', 'DynamoDB_20120810.GetItem'])
    expect(said.map((line) => JSON.parse(line).status)).toEqual([401, 422, 200, 404, 200, 201])
  })

  it('of the streams answers', async () => {
    const { outcomes } = await invoke('stream', 'stream', [
      restRequest('GET', '/v1/jobs/job-00000000000000000001/live'),
      restRequest('GET', '/v1/jobs/job-00000000000000000001/live', { iam }),
    ])
    expect(outcomes.map(({ answer }) => answer.statusCode)).toEqual([401, 404])
  })

  it('of the authorizer refuses, and says when it cannot ask', async () => {
    const event = { type: 'TOKEN', methodArn: 'arn:aws:execute-api:eu-west-1:1:a/dev/GET/x' }
    const { outcomes } = await invoke('authorizer', 'authorize', [
      { ...event, authorizationToken: 'Bearer' },
      { ...event, authorizationToken: 'Bearer a.b.c' },
    ])
    expect(outcomes).toMatchObject([{ message: 'Unauthorized' }, { name: 'busy' }])
  })

  it('of the steps throws faults by their names, although its classes have lost theirs', async () => {
    const { outcomes } = await invoke('steps', 'issue-ticket', [{}, { job: 'job-00000000000000000001', run: 1 }])
    expect(outcomes).toMatchObject([{ name: 'invalid' }, { name: 'not_found' }])
  })

  it.each<[string, unknown, string[]]>([
    ['reconcile', {}, ['DynamoDB_20120810.Query', 'POST /v1/listjobs']],
    ['intake-drop', objectCreated('drops/a/b.jsonl'), ['HEAD /blobs/drops/a/b.jsonl']],
  ])('of the consumers does the work of %s', async (name, event, operations) => {
    aws.asked.length = 0
    const { outcomes } = await invoke('events', name, [event, objectCreated('')])
    expect(outcomes[0]).toEqual({})
    for (const operation of operations) expect(aws.asked).toContain(operation)
    if (name === 'intake-drop') expect(outcomes[1]).toMatchObject({ name: 'invalid' })
  })
})

describe('building', () => {
  it('gives the same bytes again, also in another process and another place', async () => {
    const first = bundleFamily('events')
    const again = build('functions/events/lambda.ts')
    expect(again.files).toEqual(first.files)
    expect(again.directory).toBe(first.directory)
    const code = `import { bundleFamily } from '${resolve('infra/bundle.ts')}'; console.log(bundleFamily('events').directory)`
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: tmpdir() })
    expect(stdout.trim()).toBe(first.directory)
  })

  it.each(bundles)('%s leaves exactly its files in its folder', async (family) => {
    const { directory, files } = bundleFamily(family)
    expect((await readdir(directory)).sort()).toEqual(files.map(({ name }) => name).sort())
    for (const { name, bytes } of files) expect(await readFile(join(directory, name))).toEqual(Buffer.from(bytes))
  })

  it('happens once per process', () => {
    expect(bundleFamily('api')).toBe(bundleFamily('api'))
  })
})

describe('a cold start', () => {
  const loadedAtOnce = ({ files, metafile }: Bundle) => {
    const names = new Set(files.filter(({ isStatic }) => isStatic).map(({ name }) => name))
    return Object.entries(metafile.outputs)
      .filter(([path]) => names.has(path.split('/').at(-1) ?? ''))
      .flatMap(([, { inputs }]) => Object.keys(inputs))
  }

  it('of the API loads at most 200 KB: the entry and everything it imports statically', () => {
    expect(bundleFamily('api').entryBytes / 1024).toBeLessThanOrEqual(200)
  })

  it.each(families)('of %s loads no AWS client and no driver', (family) => {
    const loaded = loadedAtOnce(bundleFamily(family))
    expect(loaded).toContain('adapters/aws/config.ts')
    expect(
      loaded.filter((path) => /@aws-sdk|@smithy|adapters\/aws\/(table|blobs|compute|workflows)\.ts/.test(path)),
    ).toEqual([])
  })

  it.each(families)('of %s loads no library that reads files, texts or languages', (family) => {
    const heavy = /node_modules\/(hyparquet|csv-parse|eld|fzstd|@huggingface)/
    expect(loadedAtOnce(bundleFamily(family)).filter((path) => heavy.test(path))).toEqual([])
  })

  it('of the steps does not load the worker, which threads load, nor the operators that only threads run', () => {
    const { files, entryBytes, metafile } = bundleFamily('steps')
    expect(files.filter(({ isStatic, name }) => isStatic && name === 'worker.mjs')).toEqual([])
    expect(files.map(({ name }) => name)).toContain('worker.mjs')
    const atOnce = new Set(files.filter(({ isStatic }) => isStatic).map(({ name }) => name))
    const inputs = Object.entries(metafile.outputs)
      .filter(([path]) => atOnce.has(path.split('/').at(-1) ?? ''))
      .flatMap(([, output]) => Object.entries(output.inputs))
    const bytesOf = (part: RegExp) =>
      inputs.reduce((sum, [path, { bytesInOutput }]) => sum + (part.test(path) ? bytesInOutput : 0), 0)
    expect(bytesOf(/core\/data-factory\/operators\//)).toBeLessThan(8 * 1024)
    expect(bytesOf(/build\/prepare-batch/)).toBeLessThan(512)
    expect(entryBytes / 1024).toBeLessThan(600)
  })

  it('of no family but those with threads has a worker', () => {
    expect(bundles.filter((each) => bundleFamily(each).files.some(({ name }) => name === 'worker.mjs'))).toEqual([
      'steps',
      'builder',
    ])
  })

  it('of the API loads neither use cases nor the engine of patterns nor the OpenAPI document', () => {
    const unwanted =
      /re2js|openapi|schemas\/(build|dataset|operators)|core\/(jobs\/submit-job|datasets|evaluation|schedules)/
    expect(loadedAtOnce(bundleFamily('api')).filter((path) => unwanted.test(path))).toEqual([])
  })
})
