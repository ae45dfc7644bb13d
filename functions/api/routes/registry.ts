import { promoteVersion } from '../../../core/evaluation/promote-version.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { listBaseModels, registerBaseModel } from '../../../core/registry/base-models.ts'
import { getModel, listModelVersions } from '../../../core/registry/model-store.ts'
import { operations } from '../../../schemas/api.ts'
import type { Binder } from '../bind.ts'
import { toPage } from '../page.ts'

/** Models, their aliases and the base models. */
export function registryRoutes(bind: Binder, platform: Pick<Platform, 'table' | 'blobs' | 'clock'>): void {
  bind(operations.listModels, ({ query }) => toPage(query, (page) => listModelVersions(platform.table, page)))
  bind(operations.getModel, ({ params }) => getModel(platform.table, params.name))
  bind(operations.moveAlias, ({ params, body, caller }) =>
    promoteVersion(platform, {
      model: params.name,
      alias: params.alias,
      ...body,
      reason: `moved by ${caller.principal}`,
    }),
  )
  bind(operations.registerBaseModel, ({ body: { replace, ...model } }) =>
    registerBaseModel(platform, model, replace ? 'replaced' : 'kept'),
  )
  bind(operations.listBaseModels, ({ query }) => toPage(query, (page) => listBaseModels(platform.table, page)))
}
