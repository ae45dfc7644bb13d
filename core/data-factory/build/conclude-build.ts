import type { Build } from '../../../schemas/build.ts'
import { recordVersion } from '../../datasets/record-version.ts'
import { markSuite } from '../../datasets/suites.ts'
import { Fault } from '../../platform/fault.ts'
import { parseStored } from '../../platform/parse.ts'
import type { Platform } from '../../platform/ports.ts'
import { BuildFailure, loadResult } from './build-result.ts'
import { failureKey, getBuild, isOver } from './build-store.ts'
import { changeBuild } from './change-build.ts'

/** Makes what a build wrote visible: its versions, then its end. Repeating it changes nothing. Fault `not_found` without a result. */
export async function concludeBuild(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  { build: id }: { build: string },
): Promise<Build> {
  const build = await getBuild(platform.table, id)
  if (isOver(build.status)) return build
  const result = await loadResult(platform.blobs, id)
  if (!result)
    throw new Fault('not_found', `build ${id} ended without a result; its log says why: sluice data builds ${id}`)
  for (const version of result.versions) {
    // Before its rows can be found: no build may miss them.
    if (build.request.kind === 'shadow') await markSuite(platform.table, version.name)
    await recordVersion(platform, version)
  }
  const outputs = result.versions.map(({ name, digest, rows }) => ({ dataset: name, digest, rows }))
  return changeBuild(platform, id, { event: 'succeeded', outputs, dropped: result.dropped })
}

/** Ends a build that cannot go on. One that is over stays as it is. */
export async function failBuild(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  { build, error, cause }: { build: string; error: string; cause: string },
): Promise<Build> {
  const said = await platform.blobs.get(failureKey(build))
  const reason = said ? parseStored(BuildFailure, said, failureKey(build)) : { code: error, message: messageIn(cause) }
  return changeBuild(platform, build, {
    event: 'failed',
    reason: { ...reason, message: reason.message.slice(0, 4000) },
  })
}

/** A step's error reaches the machine as Lambda's JSON; people want its message. */
function messageIn(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown }
    return typeof errorMessage === 'string' ? errorMessage : cause
  } catch {
    return cause
  }
}
