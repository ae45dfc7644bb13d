import type { Build, BuildRequest } from '../../../schemas/build.ts'
import type { Lineage } from '../../../schemas/dataset.ts'
import type { RowFormat } from '../../../schemas/rows.ts'
import { readDataset } from '../../datasets/read-dataset.ts'
import { Fault } from '../../platform/fault.ts'
import type { Blobs } from '../../platform/ports.ts'
import { renderQuestion } from '../../text/row-text.ts'
import type { LeakItem } from '../leak/leak-index.ts'
import type { PrepareInput, PrepareSetup } from './prepare-batch.ts'
import { sourceBatches } from './source-batches.ts'

export interface TaggedInput {
  input: PrepareInput
  tag: {
    /** Place of the source among the build's. */
    source: number
    bytesRead: number
  }
}

export interface BuildInput {
  format: RowFormat
  setup: PrepareSetup
  batches: () => AsyncIterable<TaggedInput>
  sourceNames: string[]
  bytesTotal: number
  lineage: Pick<Lineage, 'sources' | 'seed'>
  /** What else is to be kept of the making, by file, once the batches were taken. */
  documents: () => Record<string, unknown>
}

/** Every item of the evaluation sets, as what is looked for in training rows. */
export async function leakItems(
  blobs: Pick<Blobs, 'read'>,
  suites: readonly { dataset: string; digest: string }[],
): Promise<LeakItem[]> {
  const items: LeakItem[] = []
  for (const { dataset: suite, digest } of suites)
    for await (const { index, row } of readDataset(blobs, { name: suite, digest }))
      items.push({ suite, index, text: renderQuestion(row) })
  return items
}

/** The stored rows of a build's sources, one source after the other. */
export async function* storedBatches(
  blobs: Pick<Blobs, 'read'>,
  build: Build,
  taskOf: (source: number) => string | undefined,
): AsyncGenerator<TaggedInput> {
  let before = 0
  for (const [source, { dataset, digest, bytes: size, format }] of build.sources.entries()) {
    const task = taskOf(source)
    for await (const { bytes, firstNumber, rows, bytesRead } of sourceBatches(blobs, { dataset, digest })) {
      const input = { bytes, firstNumber, rows, format, source: `${dataset}@${digest}` }
      yield { input: task === undefined ? input : { ...input, task }, tag: { source, bytesRead: before + bytesRead } }
    }
    before += size
  }
}

/** Rows that were made go on as they are; they are described and compared. */
export const untouched: PrepareSetup = {
  operators: null,
  leak: null,
  signatures: true,
  difficulty: false,
}

export const namesOf = ({ sources }: Build) => sources.map(({ dataset, digest }) => `${dataset}@${digest}`)
export const bytesOf = ({ sources }: Build) => sources.reduce((sum, { bytes }) => sum + bytes, 0)

/** Of a pool the last source is its templates. */
export function lineageOf({ sources, suites }: Build, request: BuildRequest): Pick<Lineage, 'sources' | 'seed'> {
  const templates = request.kind === 'pool' ? sources.length - 1 : -1
  return {
    sources: [
      ...sources.map(({ dataset, digest }, i) => ({
        dataset,
        digest,
        role: i === templates ? ('templates' as const) : ('rows' as const),
      })),
      ...suites.map(({ dataset, digest }) => ({ dataset, digest, role: 'decontaminated_against' as const })),
    ],
    seed: request.seed,
  }
}

/** The format of all sources. Fault `invalid` when they differ: a version has one. */
export function oneFormat({ sources }: Build) {
  const [first] = sources
  const other = sources.find(({ format }) => format !== first?.format)
  if (first && !other) return first.format
  throw new Fault(
    'invalid',
    `sources have different formats: ${sources.map(({ dataset, format }) => `${dataset} ${format}`).join(', ')}; a dataset has one: convert them first (sluice data convert)`,
  )
}
