import { leakItems } from '../../../core/data-factory/build/build-input.ts'
import { dataKey } from '../../../core/datasets/dataset-store.ts'
import { sha256 } from '../../../core/platform/digest.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { type MeasureOptions, measureVersion, type VersionMeasures } from '../../../core/preflight/measure-version.ts'
import type { DatasetVersion } from '../../../schemas/dataset.ts'
import type { Check } from '../../../schemas/preflight.ts'
import { PreflightLimits } from '../../../schemas/recipe.ts'
import type { RowFormat } from '../../../schemas/rows.ts'
import { jsonl } from '../../support/sample-project.ts'
import type { TestPlatform } from '../support/test-platform.ts'

const syllables = 'ka lo mi ter an du rex so vin pel gra ton ish er al ment bo cu fi ny'.split(' ')

/** Seeded words that are not those of another seed. */
export function wordsOf(seed: number, count: number): string[] {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x2545f491) | 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  for (let i = 0; i < 8; i++) next()
  const word = () => Array.from({ length: 2 + (next() % 3) }, () => syllables[next() % syllables.length]).join('')
  return Array.from({ length: count }, word)
}

/** An answer row like no other, with all that the gates of a pool ask for. */
export function poolRow(number: number) {
  const [prompt, rationale] = [wordsOf(2 * number, 20 + (number % 7)), wordsOf(2 * number + 1, 40 + (number % 11))]
  const linked = number % 3 === 0 ? ['because', 'therefore'] : []
  const sums = Array.from({ length: number % 5 }, (_, i) => `${i + 2} + ${number} = ${i + 2 + number}`)
  return {
    id: `row-${number}`,
    task: number % 2 === 0 ? 'a' : 'b',
    template: `t${number % 4}`,
    role: `role-${number % 4}`,
    style: `style-${number % 3}`,
    prompt: `${prompt.join(' ')}?`,
    rationale: [...rationale, ...linked, ...prompt.slice(0, 3 + (number % 9)), ...sums].join(' '),
    answer: String(number),
  }
}

export const poolRows = (count: number) => Array.from({ length: count }, (_, i) => poolRow(i))

/** A version as its bytes lie there, whatever they are. */
export async function stored(
  platform: Pick<Platform, 'blobs'>,
  name: string,
  rows: object[],
  format: RowFormat = 'answer',
): Promise<DatasetVersion> {
  const content = jsonl(rows)
  const version: DatasetVersion = {
    name,
    digest: sha256(content),
    merkle_root: sha256('root'),
    rows: rows.length,
    bytes: content.length,
    format,
    taint: [],
    lineage: { how: 'upload', sources: [], operators: [], code_version: 'test' },
    created_at: '2026-01-01T00:00:00.000Z',
  }
  await platform.blobs.put(dataKey(version), content, 'any')
  return version
}

let looks = 0

/** What preflight measures of a version. */
export async function look(
  platform: TestPlatform,
  version: DatasetVersion,
  { suites = [], ...options }: Partial<MeasureOptions> & { suites?: DatasetVersion[] } = {},
): Promise<VersionMeasures> {
  const items = await leakItems(
    platform.blobs,
    suites.map(({ name, digest }) => ({ dataset: name, digest })),
  )
  looks += 1
  return measureVersion(platform, await platform.scratch.open(), version, {
    limits: PreflightLimits.parse({}),
    seed: 1,
    key: `look-${looks}`,
    items,
    diversity: true,
    ...options,
  })
}

export function named(checks: readonly Check[], name: string): Check {
  const check = checks.find((each) => each.name === name)
  if (!check) throw new Error(`no check "${name}" among ${checks.map((each) => each.name).join(', ')}`)
  return check
}
