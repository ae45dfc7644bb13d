import { getDataset, getDatasetVersion, listDatasets, listVersions } from '../../../core/datasets/dataset-store.ts'
import { diffVersions } from '../../../core/datasets/diff-versions.ts'
import { listDrops } from '../../../core/datasets/drop-store.ts'
import { listRows } from '../../../core/datasets/list-rows.ts'
import { proveRow } from '../../../core/datasets/prove-row.ts'
import { registerDataset } from '../../../core/datasets/register-dataset.ts'
import { listSuitePage } from '../../../core/datasets/suites.ts'
import { createUpload } from '../../../core/datasets/uploads.ts'
import { verifyVersion } from '../../../core/datasets/verify-version.ts'
import { readReport } from '../../../core/datasets/version-files.ts'
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
  const versionOf = ({ name, digest }: { name: string; digest: string }) =>
    getDatasetVersion(platform.table, digest === 'latest' ? name : `${name}@${digest}`)
  const sideOf = (name: string, side: string) => {
    const [digest = '', other = name] = side.split('@').reverse()
    return versionOf({ name: other, digest })
  }
  const { blobs } = platform
  bind(operations.getDatasetVersion, ({ params }) => versionOf(params))
  bind(operations.getDatasetReport, async ({ params }) => readReport(blobs, await versionOf(params)))
  bind(operations.listRows, async ({ params, query }) => {
    const version = await versionOf(params)
    return toPage(query, (page) => listRows(blobs, version, page))
  })
  bind(operations.getRowProof, async ({ params }) => proveRow(blobs, await versionOf(params), params.row))
  bind(operations.verifyDatasetVersion, async ({ params }) => verifyVersion(blobs, await versionOf(params)))
  bind(operations.diffDatasets, async ({ params: { name }, query: { from, to } }) => {
    const [before, after] = await Promise.all([sideOf(name, from), sideOf(name, to)])
    return diffVersions(blobs, before, after)
  })
  bind(operations.listSuites, ({ query }) => toPage(query, (page) => listSuitePage(platform.table, page)))
  bind(operations.listDrops, ({ params, query }) =>
    toPage(query, (page) => listDrops(platform.table, params.name, page)),
  )
}
