import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createRealClock, createTestIo, sluice } from '../cli/test-io.ts'
import { describeOnMoto } from '../support/moto.ts'
import { jsonl, prompts, sampleRecipe, sft, suite } from '../support/sample-project.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type Account, startAccount } from './end-to-end-account.ts'

describeOnMoto('a job through the deployed functions, on stand-ins', () => {
  let account: Account
  beforeAll(async () => {
    account = await startAccount()
  })
  afterAll(() => account.stop())

  const cli = (...argv: string[]) =>
    sluice(
      [...argv, '--url', account.url, '--region', 'us-east-1'],
      createTestIo({ columns: 120, clock: createRealClock(0.4) }),
    )

  it('goes from a signed request to a registered model', async () => {
    const folder = tempDir()
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    }
    for (const [name, rows] of [
      ['sample-sft', sft],
      ['sample-prompts', prompts],
      ['sample-suite', suite],
    ] as const)
      expect(await cli('datasets', 'add', name, file(`${name}.jsonl`, jsonl(rows)))).toMatchObject({ code: 0, err: '' })
    const uri = `s3://${account.bucket}/models/tiny-llama/`
    const base = await cli(
      'models',
      'register-base',
      'tiny-llama',
      '--uri',
      uri,
      '--digest',
      'a'.repeat(64),
      '--context-length',
      '64',
    )
    expect(base).toMatchObject({ code: 0, err: '' })
    expect(await cli('recipes', 'publish', file('recipe.yaml', stringify(sampleRecipe())))).toMatchObject({
      code: 0,
      err: '',
    })
    const run = await cli('jobs', 'submit', 'sample', '--watch')
    console.log(
      run.out,
      run.err,
      account.functions.lines.filter((l) => l.text.includes('ERROR')).map((l) => l.text),
      account.bus.deadLetters,
    )
    expect(run).toMatchObject({ code: 0, err: '' })
    await account.bus.quiet(1000)
    const id = /job-[a-z0-9]{20}/.exec(run.out)?.[0] as string
    for (const argv of [['jobs','get',id],['jobs','events',id],['jobs','metrics',id],['models','get','sample-model'],['jobs','logs',id],['jobs','preflight',id]])
      console.log(argv.join(' '), (await cli(...argv, '--json')).out.slice(0,6000), (await cli(...argv)).err)
    console.log(account.functions.lines.slice(0,6), account.calls)
  })
})
