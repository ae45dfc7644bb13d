import type { Build, BuildRequest } from '../../../schemas/build.ts'
import type { DatasetVersion } from '../../../schemas/dataset.ts'
import { getDatasetVersion } from '../../datasets/dataset-store.ts'
import { listSuites } from '../../datasets/suites.ts'
import { deterministicId, digestJson } from '../../platform/digest.ts'
import { type Breach, invalid, isFault } from '../../platform/fault.ts'
import { putOnce } from '../../platform/guarded-write.ts'
import { type Caller, claimKey } from '../../platform/idempotency.ts'
import type { Platform, Table } from '../../platform/ports.ts'
import { buildEvent } from './build-events.ts'
import { buildDraft, toBuild } from './build-store.ts'
import { requestProblems } from './request-rules.ts'

/**
 * Accepts a build: pins its sources and the evaluation sets by digest, and writes the one record whose event starts the state machine.
 * The same key and request give the same build. Fault `invalid` names everything that does not exist or contradicts itself.
 */
export async function submitBuild(
  platform: Pick<Platform, 'table' | 'clock' | 'ids'>,
  request: BuildRequest,
  caller: Caller,
): Promise<Build> {
  const { sources, suites } = await pin(platform.table, request)
  await claimKey(platform, caller, request, {})
  const id =
    caller.idempotencyKey === undefined
      ? platform.ids.next()
      : deterministicId(['build', caller.principal, caller.idempotencyKey, digestJson(request)].join('\n'))
  const now = platform.clock.now().toISOString()
  const build: Build = {
    id: `bld-${id}`,
    status: 'submitted',
    request,
    sources: sources.map(({ name, digest, rows, bytes, format }) => ({ dataset: name, digest, rows, bytes, format })),
    taint: [...new Set([...request.taint, ...sources.flatMap(({ taint }) => taint)])],
    suites: suites.map(({ name, digest }) => ({ dataset: name, digest })),
    outputs: [],
    created_at: now,
    updated_at: now,
  }
  const { item } = await putOnce(platform.table, buildDraft(build), buildEvent(build, now))
  return toBuild(item)
}

interface Wanted {
  pointer: string
  reference: string
}

/** Sources in the order in which the request names them; of a pool by task, and its templates last. */
export function wantedSources(request: BuildRequest): Wanted[] {
  if (request.kind !== 'pool')
    return request.sources.map(({ dataset }, i) => ({ pointer: `/sources/${i}/dataset`, reference: dataset }))
  return [
    ...Object.entries(request.sources).map(([task, reference]) => ({ pointer: `/sources/${task}`, reference })),
    { pointer: '/templates', reference: request.templates },
  ]
}

async function pin(
  table: Table,
  request: BuildRequest,
): Promise<{ sources: DatasetVersion[]; suites: DatasetVersion[] }> {
  const errors: Breach[] = requestProblems(request)
  const resolve = async ({ pointer, reference }: Wanted) => {
    try {
      return [await getDatasetVersion(table, reference)]
    } catch (error) {
      if (!isFault(error, 'not_found')) throw error
      const [message = '', remedy = 'Register it first.'] = error.message.split('; ')
      errors.push({ pointer, code: 'not_found', message, remedy })
      return []
    }
  }
  const sources = (await Promise.all(wantedSources(request).map(resolve))).flat()
  const suites = await pinSuites(table, request, resolve)
  if (errors.length > 0) throw invalid('build', errors)
  return { sources, suites }
}

async function pinSuites(
  table: Table,
  request: BuildRequest,
  resolve: (wanted: Wanted) => Promise<DatasetVersion[]>,
): Promise<DatasetVersion[]> {
  if (request.kind === 'pool') return request.decontaminate ? listSuites(table) : []
  const rules = request.kind === 'dataset' && request.operators.decontaminate
  if (!rules) return []
  if (rules.against === 'registered') return listSuites(table)
  const wanted = rules.against.map((reference, i) => ({
    pointer: `/operators/decontaminate/against/${i}`,
    reference,
  }))
  return (await Promise.all(wanted.map(resolve))).flat()
}
