import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { manifest } from '../functions/manifest.ts'
import { version } from '../functions/version.ts'
import { stepInputs } from '../schemas/steps.ts'
import { sourceFolders } from '../scripts/source-folders.ts'

const run = promisify(execFile)

interface Cruise {
  summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] }
}

async function cruise(paths: string[]): Promise<Cruise['summary']> {
  const command = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...paths]
  const { stdout, stderr } = await run('depcruise', command, { maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: { stdout: string; stderr: string }) => error,
  )
  if (stdout === '') throw new Error(`depcruise printed nothing: ${stderr}`)
  return (JSON.parse(stdout) as Cruise).summary
}

describe('the dependency rule', () => {
  const planted: string[] = []
  afterEach(async () => {
    for (const path of planted.splice(0)) await rm(path, { force: true })
  })

  const plant = async (path: string, source: string) => {
    planted.push(path)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, source)
    const { violations } = await cruise([path])
    return violations.filter((violation) => violation.from === path).map((violation) => violation.rule.name)
  }

  it('sees the whole project and holds', async () => {
    const { totalCruised, violations } = await cruise(sourceFolders)
    expect(totalCruised).toBeGreaterThan(250)
    expect(violations).toEqual([])
  })

  it.each([
    ['console/src/planted-u.ts', "import '../../core/jobs/lifecycle.ts'", 'clients-see-schemas'],
    ['cli/planted-v.ts', "import '../core/data-factory/build/run-build.ts'", 'clients-see-schemas'],
    ['core/jobs/planted-a.ts', "import '../../adapters/embedded/table.ts'", 'core-pure'],
    ['core/jobs/planted-b.ts', "export const load = () => import('../../adapters/embedded/table.ts')", 'core-pure'],
    [
      'core/jobs/planted-c.ts',
      "import type { Database } from '../../adapters/embedded/database.ts'\nexport type X = Database",
      'core-pure',
    ],
    ['core/jobs/planted-d.ts', "import 'hono'", 'core-pure'],
    ['core/jobs/planted-e.ts', "import 'node:fs'", 'core-pure'],
    ['core/recipes/planted-f.ts', "import '../jobs/lifecycle.ts'", 'core-recipes-downward'],
    ['core/preflight/planted-g.ts', "import '../evaluation/mcnemar.ts'", 'core-preflight-downward'],
    ['functions/api/planted-h.ts', "import '../../adapters/embedded/table.ts'", 'functions-core-schemas-hono'],
    ['adapters/embedded/planted-i.ts', "import '../../core/jobs/lifecycle.ts'", 'adapters-see-platform-only'],
    ['cli/planted-j.ts', "import '../core/jobs/lifecycle.ts'", 'clients-see-schemas'],
    ['containers/tiny-trainer/planted-k.ts', "import '../../core/jobs/lifecycle.ts'", 'trainers-see-schemas'],
    ['schemas/planted-l.ts', "import 'hono'", 'schemas-only-zod'],
    ['local/planted-m.ts', "import '../scripts/arithmetic-rows.ts'", 'local-is-embedded'],
    ['functions/events/planted-o.ts', "import '../../adapters/aws/platform.ts'", 'functions-core-schemas-hono'],
    ['functions/api/planted-p.ts', "import '../lambda/log.ts'", 'lambda-pieces-stay-there'],
    ['functions/lambda/planted-q.ts', "import '../../adapters/embedded/table.ts'", 'functions-lambda'],
    ['test/planted-r.ts', "import '../functions/steps/lambda.ts'", 'nobody-imports-lambda'],
    ['adapters/system/planted-t.ts', "import '../embedded/table.ts'", 'system-sees-platform-only'],
    ['local/planted-s.ts', "import '../functions/lambda/log.ts'", 'lambda-pieces-stay-there'],
  ])('refuses %s with %s', async (path, source, rule) => {
    expect(await plant(path, source)).toContain(rule)
  })

  it('lets clients import types', async () => {
    expect(
      await plant('cli/planted-n.ts', "import type { Job } from '../schemas/job.ts'\nexport type X = Job"),
    ).toEqual([])
  })
})

describe('the manifest', () => {
  const stepNames = manifest.filter(({ trigger }) => trigger.kind === 'step').map(({ name }) => name)

  it('has one file and one input schema for every step', async () => {
    const files = (await readdir('functions/steps'))
      .map((name) => name.replace(/\.ts$/, ''))
      .filter((name) => !['lambda', 'step', 'steps'].includes(name))
    expect(files.sort()).toEqual([...stepNames].sort())
    expect(Object.keys(stepInputs).sort()).toEqual([...stepNames].sort())
  })

  it('has one file for every event consumer', async () => {
    const consumers = manifest.filter(({ family }) => family === 'events').map(({ name }) => name)
    const files = (await readdir('functions/events'))
      .map((name) => name.replace(/\.ts$/, ''))
      .filter((name) => !['consumers', 'lambda', 'subscription'].includes(name))
    expect(files.sort()).toEqual(consumers.sort())
  })

  it('names exactly the steps that the state machines invoke', async () => {
    const machines = (await readdir('state-machines')).filter((name) => name.endsWith('.asl.json'))
    const texts = await Promise.all(machines.map((name) => readFile(`state-machines/${name}`, 'utf8')))
    const invoked = texts.flatMap((text) =>
      [...text.matchAll(/"FunctionName": "\$\{(\w+)\}"/g)].map((match) => match[1]),
    )
    const pascal = (name: string) => name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
    expect([...new Set(invoked)].sort()).toEqual(stepNames.map(pascal).sort())
  })
})

describe('the sources', () => {
  const sources = async () => {
    const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'])
    return stdout
      .trim()
      .split('\n')
      .filter((path) => path !== 'test/architecture.test.ts')
  }

  // What these start may be absent: then one skipped test says why.
  const mayBeAbsent = ['test/support/dynoxide.ts', 'test/support/moto.ts', 'test/support/real-account.ts']

  it('mock no modules, and skip no tests but those whose server is absent', async () => {
    for (const path of await sources()) {
      const text = await readFile(path, 'utf8').catch(() => '')
      expect(text, path).not.toMatch(/\bvi\.(mock|doMock)\(|\b(it|test|describe)\.(only|todo)\(/)
      const skips = text.match(/\b(it|test|describe)\.skip\(.*/g) ?? []
      const silent = mayBeAbsent.includes(path) ? skips.filter((each) => !each.includes(': skipped, ')) : skips
      expect(silent, path).toEqual([])
    }
  })

  it('import zod as a namespace', async () => {
    for (const path of await sources())
      expect(await readFile(path, 'utf8').catch(() => ''), path).not.toMatch(
        /import \{[^}]*\bz\b[^}]*\} from ['"]zod['"]/,
      )
  })

  it('have one contract suite per port', async () => {
    const suites = (await readdir('test/contract')).join(' ')
    for (const port of ['table', 'blobs', 'compute', 'workflows', 'secrets', 'signer', 'schedules', 'clock'])
      expect(suites).toContain(port)
  })

  it('say the version of package.json', async () => {
    expect(version).toBe(JSON.parse(await readFile('package.json', 'utf8')).version)
  })
})
