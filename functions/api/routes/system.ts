import { systemOperations } from '../../../schemas/operations/system.ts'
import { version } from '../../version.ts'
import type { Binder } from '../bind.ts'

/** Whether the service is up. */
export function systemRoutes(bind: Binder): void {
  bind(systemOperations.health, async () => ({ ok: true as const, version }))
}
