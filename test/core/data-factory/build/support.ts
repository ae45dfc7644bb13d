import { concludeBuild, failBuild } from '../../../../core/data-factory/build/conclude-build.ts'
import { planBuild } from '../../../../core/data-factory/build/plan-build.ts'
import { runBuild } from '../../../../core/data-factory/build/run-build.ts'
import { submitBuild } from '../../../../core/data-factory/build/submit-build.ts'
import { readDataset } from '../../../../core/datasets/read-dataset.ts'
import { registerDataset } from '../../../../core/datasets/register-dataset.ts'
import { createUpload, uploadKey } from '../../../../core/datasets/uploads.ts'
import { isFault } from '../../../../core/platform/fault.ts'
import { type Build, BuildRequest } from '../../../../schemas/build.ts'
import type { DatasetVersion } from '../../../../schemas/dataset.ts'
import type { Row } from '../../../../schemas/rows.ts'
import type { TestPlatform } from '../../support/test-platform.ts'

const words =
  'river stone lantern winter garden bridge copper meadow signal harbour violin thunder paper orchard silver candle'.split(
    ' ',
  )

/** An sft row that is like no other: twenty words or so, seeded by its number. */
export function story(number: number) {
  const word = (i: number) => words[(number * 7 + i * i * 3 + ((number * (i + 1)) % 5)) % words.length]
  const told = Array.from(
    { length: 20 + ((number * 13) % 45) },
    (_, i) => `${word(i)}${i % 6 === number % 6 ? number : ''}`,
  ).join(' ')
  return {
    id: `story-${number}`,
    prompt: `Tell story number ${number} about the ${word(1)} and the ${word(5)}.`,
    completion: `${told}.`,
  }
}

export const everything = {
  kind: 'dataset',
  name: 'all',
  seed: 7,
  sources: [{ dataset: 'raw' }],
  operators: {
    language: { allow: ['en'] },
    quality: { min_score: 0 },
    toxicity: { terms: ['badword'] },
    difficulty: {},
    balance: {},
    mix: { weights: { a: 1, b: 1 } },
    split: { parts: { train: 4, test: 1 } },
  },
}

export async function register(
  platform: TestPlatform,
  name: string,
  rows: object[],
  options: { taint?: string[]; suite?: boolean } = {},
): Promise<DatasetVersion> {
  const { upload } = await createUpload(platform)
  await platform.blobs.put(uploadKey(upload), rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'any')
  const { taint = [], suite } = options
  return registerDataset(platform, name, { upload, taint, ...(suite && { suite }) }, { principal: 'test' })
}

/** A build as its state machine does it; the work `runs` times. */
export async function build(platform: TestPlatform, request: object, { runs = 1 } = {}): Promise<Build> {
  const { id } = await submitBuild(platform, BuildRequest.parse(request), { principal: 'test' })
  try {
    await planBuild(platform, { build: id })
    for (let run = 0; run < runs; run++) await runBuild(platform, id)
    return await concludeBuild(platform, { build: id })
  } catch (error) {
    if (!isFault(error)) throw error
    return failBuild(platform, { build: id, error: error.code, cause: error.message })
  }
}

export async function rowsOf(platform: TestPlatform, version: DatasetVersion): Promise<Row[]> {
  const rows: Row[] = []
  for await (const { row } of readDataset(platform.blobs, version)) rows.push(row)
  return rows
}
