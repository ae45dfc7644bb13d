import type { Build, ShadowBuildRequest } from '../../../schemas/build.ts'
import { readDataset } from '../../datasets/read-dataset.ts'
import type { Platform } from '../../platform/ports.ts'
import { createShadowDraw, type ShadowSet } from '../shadow-set/draw-shadow-set.ts'
import { type BuildInput, bytesOf, lineageOf, namesOf, oneFormat, untouched } from './build-input.ts'
import { rowBatches } from './row-batches.ts'

/** A seeded sample of the sources, with its manifest. */
export async function shadowInput(
  { blobs }: Pick<Platform, 'blobs'>,
  build: Build,
  request: ShadowBuildRequest,
): Promise<BuildInput> {
  const format = oneFormat(build)
  const draw = createShadowDraw(request)
  let drawn: ShadowSet | undefined
  async function* batches() {
    for (const [i, { dataset: name, digest }] of build.sources.entries()) {
      const task = request.sources[i]?.task
      for await (const { index, row } of readDataset(blobs, { name, digest })) {
        const tasked = task === undefined || row.task !== undefined ? row : { ...row, task }
        draw.add({ source: `${name}@${digest}`, number: index + 1, row: tasked })
      }
    }
    drawn = draw.finish()
    yield* rowBatches(drawn.rows, { format, source: `sample of ${build.id}`, bytesRead: bytesOf(build) })
  }
  return {
    format,
    setup: untouched,
    batches,
    sourceNames: [`sample of ${build.id}`, ...namesOf(build)],
    bytesTotal: bytesOf(build),
    lineage: lineageOf(build, request),
    documents: () => ({ 'sample_manifest.json': drawn?.manifest }),
  }
}
