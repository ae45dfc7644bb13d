import type { Alias, ModelVersion } from '../../schemas/registry.ts'
import { Fault } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import type { Item, Platform } from '../platform/ports.ts'
import { aliasObjections } from '../registry/alias-rules.ts'
import { aliasKey, getModelVersion, toAlias } from '../registry/model-store.ts'
import { compareEvaluations } from './compare.ts'

export interface Promotion {
  model: string
  alias: string
  version: number
  /** Where the alias must point now: a version, null for nowhere, undefined for anywhere. */
  from?: number | null | undefined
  /** Back to the version before: it need not beat the present one. */
  rollback?: boolean
  reason: string
}

/**
 * Points an alias at a version when the rules allow it. Moving it to where it points already changes nothing. Fault
 * `illegal_transition` with every objection; `conflict` when the alias is not where `from` says.
 */
export async function promoteVersion(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  promotion: Promotion,
): Promise<Alias> {
  const { table, clock } = platform
  const version = await getModelVersion(table, promotion.model, promotion.version)
  const key = aliasKey(promotion.model, promotion.alias)
  const current = await table.get(key)
  const replaced = current && toAlias(current)
  if (replaced?.version === version.version) return replaced
  requireFrom(promotion, replaced)
  await requireAllowed(platform, promotion, version, replaced)

  const item = await change(table, key, (now) => {
    if (now?.version !== current?.version)
      throw new Fault(
        'conflict',
        `alias "${promotion.alias}" of "${promotion.model}" moved meanwhile; look again and repeat`,
      )
    const alias: Alias = {
      model: promotion.model,
      alias: promotion.alias,
      version: version.version,
      previous: replaced?.version ?? null,
      reason: promotion.reason,
      moved_at: clock.now().toISOString(),
    }
    const event = {
      id: `model/${alias.model}/${alias.alias}#${(now?.version ?? 0) + 1}`,
      type: 'model.promoted.v1' as const,
      time: alias.moved_at,
      subject: `model/${alias.model}`,
      data: { ...alias },
    }
    return { draft: { ...key, data: { ...alias } }, event }
  })
  return toAlias(item as Item)
}

function requireFrom(promotion: Promotion, replaced: Alias | undefined): void {
  if (promotion.from === undefined || promotion.from === (replaced?.version ?? null)) return
  const where = replaced ? `version ${replaced.version}` : 'nowhere'
  throw new Fault(
    'conflict',
    `alias "${promotion.alias}" of "${promotion.model}" points at ${where}, not at ${promotion.from ?? 'nowhere'}; look again and repeat`,
  )
}

async function requireAllowed(
  platform: Pick<Platform, 'table' | 'blobs'>,
  promotion: Promotion,
  version: ModelVersion,
  replaced: Alias | undefined,
): Promise<void> {
  if (promotion.rollback && replaced?.previous !== version.version) {
    const before = replaced?.previous
      ? `it pointed at version ${replaced.previous} before`
      : 'it pointed nowhere before'
    throw new Fault(
      'illegal_transition',
      `alias "${promotion.alias}" cannot roll back to version ${version.version}: ${before}`,
    )
  }
  const guarded = promotion.alias === 'production' && replaced !== undefined && !promotion.rollback
  const against = guarded
    ? await compareEvaluations(
        platform,
        (await getModelVersion(platform.table, promotion.model, replaced.version)).evaluation,
        version.evaluation,
      )
    : undefined
  const objections = aliasObjections(promotion.alias, version, against)
  if (objections.length === 0) return
  throw new Fault(
    'illegal_transition',
    `alias "${promotion.alias}" may not move to version ${version.version}: ${objections.join('; ')}`,
  )
}
