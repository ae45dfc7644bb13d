import type { Build, DatasetBuildRequest } from '../../../schemas/build.ts'
import type { Blobs, Platform } from '../../platform/ports.ts'
import { type BuildInput, bytesOf, leakItems, lineageOf, namesOf, oneFormat, storedBatches } from './build-input.ts'
import { poolInput } from './pool-input.ts'
import type { PrepareSetup } from './prepare-batch.ts'
import { shadowInput } from './shadow-input.ts'

/** Which rows a build works on, and what the workers do with them. */
export async function inputOf(platform: Pick<Platform, 'blobs'>, build: Build): Promise<BuildInput> {
  const { request } = build
  if (request.kind === 'pool') return poolInput(platform, build, request)
  if (request.kind === 'shadow') return shadowInput(platform, build, request)
  return datasetInput(platform, build, request)
}

async function datasetInput(
  { blobs }: Pick<Platform, 'blobs'>,
  build: Build,
  request: DatasetBuildRequest,
): Promise<BuildInput> {
  return {
    format: oneFormat(build),
    setup: await setupOf(blobs, build, request),
    batches: () => storedBatches(blobs, build, (source) => request.sources[source]?.task),
    sourceNames: namesOf(build),
    bytesTotal: bytesOf(build),
    lineage: lineageOf(build, request),
    documents: () => ({}),
  }
}

async function setupOf(
  blobs: Pick<Blobs, 'read'>,
  build: Build,
  { operators }: DatasetBuildRequest,
): Promise<PrepareSetup> {
  const { decontaminate, exact_duplicates, near_duplicates, split, difficulty } = operators
  const items = decontaminate ? await leakItems(blobs, build.suites) : []
  return {
    operators,
    leak: decontaminate && { items, ...decontaminate, drop: true },
    signatures: exact_duplicates || near_duplicates !== false || split !== false,
    difficulty: difficulty !== false,
  }
}
