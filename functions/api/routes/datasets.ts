import { getDataset, getDatasetVersion, listDatasets, listVersions } from '../../../core/datasets/dataset-store.ts'
import { listDrops } from '../../../core/datasets/drop-store.ts'
import { registerDataset } from '../../../core/datasets/register-dataset.ts'
import { createUpload } from '../../../core/datasets/uploads.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { operations } from '../../../schemas/api.ts'
import type { Binder } from '../bind.ts'
import { toPage } from '../page.ts'

/** Uploads, datasets and their versions. */
export function datasetRoutes(bind: Binder, platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'ids'>): void {
  bind(operations.createUpload, () => createUpload(platform))
  bind(
    operations.registerDataset,
    ({ params, body, caller }) => registerDataset(platform, params.name, body, caller),
    (version) => `/v1/datasets/${version.name}/versions/${version.digest}`,
  )
  bind(operations.listDatasets, ({ query }) => toPage(query, (page) => listDatasets(platform.table, page)))
  bind(operations.listDatasetVersions, async ({ params, query }) => {
    await getDataset(platform.table, params.name)
    return toPage(query, (page) => listVersions(platform.table, params.name, page))
  })
  bind(operations.getDatasetVersion, ({ params }) =>
    getDatasetVersion(platform.table, params.digest === 'latest' ? params.name : `${params.name}@${params.digest}`),
  )
  bind(operations.listDrops, ({ params, query }) =>
    toPage(query, (page) => listDrops(platform.table, params.name, page)),
  )
}
