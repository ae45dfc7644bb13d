import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { getDatasetVersion } from '../../../../core/datasets/dataset-store.ts'
import { writeDemoData } from '../../../../scripts/demo-data.ts'
import { tempDir } from '../../../support/temp-dir.ts'
import { createTestPlatform } from '../../support/test-platform.ts'
import { build, register, rowsOf } from './support.ts'

const example = (path: string) => readFileSync(new URL(`../../../../docs/examples/${path}`, import.meta.url), 'utf8')
const jsonl = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

it('the three example builds work on the data of the demo, one after the other, and no evaluation item gets into the pool', async () => {
  const platform = createTestPlatform()
  for (const { dataset, path } of await writeDemoData(tempDir(), 1))
    await register(platform, dataset, jsonl(readFileSync(path, 'utf8')))
  await register(platform, 'templates', jsonl(example('templates/pack.jsonl')))

  const shadow = await build(platform, parse(example('shadow-build.yaml')))
  expect(shadow).toMatchObject({ status: 'succeeded', outputs: [{ dataset: 'arithmetic-shadow', rows: 100 }] })
  const clean = await build(platform, parse(example('clean-build.yaml')))
  expect(clean).toMatchObject({ status: 'succeeded', outputs: [{ rows: 1500 }] })
  const pool = await build(platform, parse(example('pool-build.yaml')))
  expect(pool).toMatchObject({ status: 'succeeded', outputs: [{ dataset: 'arithmetic-pool', rows: 1500 }] })

  const read = async (name: string) => rowsOf(platform, await getDatasetVersion(platform.table, name))
  const held = new Set((await read('arithmetic-shadow')).map(({ id }) => id))
  const asked = (await read('arithmetic-pool')).map(({ meta }) => meta?.question as string)
  expect(new Set(asked).size).toBeGreaterThan(1000)
  expect(asked.filter((question) => held.has(question))).toEqual([])
  expect((await read('arithmetic-prompts')).filter(({ id }) => held.has(id))).toHaveLength(100)
}, 60_000)
