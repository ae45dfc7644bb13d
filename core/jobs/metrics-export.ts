import * as z from 'zod'
import type { MetricsExport, MetricsExportRequest } from '../../schemas/metrics.ts'
import { exportMetrics } from '../metrics/export-metrics.ts'
import { metricsEtag } from '../metrics/query-metrics.ts'
import type { SeriesReader } from '../metrics/series-reader.ts'
import { digestJson } from '../platform/digest.ts'
import { parseStored } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'

const readableSeconds = 3600
const Size = z.strictObject({ rows: z.int().min(0), bytes: z.int().min(0) })

/**
 * A file of a job's points, written once for each request and state of the points, and a URL that reads it for an hour. The file goes
 * away after a day. Faults as `exportMetrics`.
 */
export async function storeExport(
  { blobs }: Pick<Platform, 'blobs'>,
  reader: SeriesReader,
  job: string,
  request: MetricsExportRequest,
): Promise<MetricsExport> {
  const { format, ...query } = request
  const state = await metricsEtag(reader, job, query)
  const file = `exports/${job}/${digestJson({ state, format }).slice(0, 32)}.${format}`
  // Written last: where it is, the file is whole.
  const sizeKey = `${file}.size.json`
  const known = await blobs.get(sizeKey)
  const size = known ? parseStored(Size, known, sizeKey) : await write()
  return { url: await blobs.presign(file, 'GET', readableSeconds), format, ...size }

  async function write(): Promise<z.infer<typeof Size>> {
    let rows = 0
    const pieces = exportMetrics(reader, job, request, (count) => {
      rows = count
    })
    const { size: bytes } = await blobs.put(file, pieces, 'any')
    await blobs.put(sizeKey, JSON.stringify({ rows, bytes }), 'any')
    return { rows, bytes }
  }
}
