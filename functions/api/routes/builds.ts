import { getBuild, listBuilds, viewBuild } from '../../../core/data-factory/build/build-store.ts'
import { listDroppedRows } from '../../../core/data-factory/build/dropped-rows.ts'
import { cancelBuild } from '../../../core/data-factory/build/run-execution.ts'
import { submitBuild } from '../../../core/data-factory/build/submit-build.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { operations } from '../../../schemas/api.ts'
import type { Binder } from '../bind.ts'
import { toPage } from '../page.ts'

/** The making of dataset versions. */
export function buildRoutes(bind: Binder, platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'ids'>): void {
  bind(
    operations.createBuild,
    ({ body, caller }) => submitBuild(platform, body, caller),
    ({ id }) => `/v1/builds/${id}`,
  )
  bind(operations.listBuilds, ({ query }) => toPage(query, (page) => listBuilds(platform.table, page)))
  bind(operations.getBuild, async ({ params }) => viewBuild(platform, await getBuild(platform.table, params.build)))
  bind(operations.cancelBuild, ({ params }) => cancelBuild(platform, params.build))
  bind(operations.listDroppedRows, ({ params, query }) =>
    toPage(query, (page) => listDroppedRows(platform, params.build, page)),
  )
}
