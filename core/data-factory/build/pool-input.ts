import type { Build, PoolBuildRequest } from '../../../schemas/build.ts'
import type { Row } from '../../../schemas/rows.ts'
import { readDataset } from '../../datasets/read-dataset.ts'
import type { Platform } from '../../platform/ports.ts'
import { renderRow } from '../../text/row-text.ts'
import { createLeakIndex } from '../leak/leak-index.ts'
import { leakDefaults } from '../leak/leak-options.ts'
import { createPool } from '../rollout-pool/create-pool.ts'
import { type BuildInput, bytesOf, leakItems, lineageOf, namesOf, untouched } from './build-input.ts'
import { rowBatches } from './row-batches.ts'

/**
 * Conversations made of the questions of each task and of the templates, which are the last source. A question that is an item of an
 * evaluation suite, as it stands or with other numbers, is not asked; the report counts them.
 */
export async function poolInput(
  { blobs }: Pick<Platform, 'blobs'>,
  build: Build,
  request: PoolBuildRequest,
): Promise<BuildInput> {
  const pinned = build.sources.map(({ dataset: name, digest }) => ({ name, digest }))
  const templates: Row[] = []
  const last = pinned.at(-1)
  if (last) for await (const { row } of readDataset(blobs, last)) templates.push(row)
  const pool = createPool(request, templates)
  const leaks = createLeakIndex(await leakItems(blobs, build.suites), leakDefaults)
  const leaked: Record<string, number> = {}
  async function* batches() {
    for (const [i, task] of Object.keys(request.sources).entries()) {
      for await (const { row } of readDataset(blobs, pinned[i] as (typeof pinned)[number])) {
        if (leaks.items > 0 && leaks.check(renderRow(row)).length > 0) leaked[task] = (leaked[task] ?? 0) + 1
        else pool.add(task, row)
      }
    }
    yield* rowBatches(pool.rows(), { format: request.rows, source: `pool of ${build.id}`, bytesRead: bytesOf(build) })
  }
  return {
    format: request.rows,
    setup: untouched,
    batches,
    sourceNames: [`pool of ${build.id}`, ...namesOf(build)],
    bytesTotal: bytesOf(build),
    lineage: lineageOf(build, request),
    documents: () => ({ 'pool_report.json': { ...pool.report(), leaked } }),
  }
}
