import type { Build } from '../../../schemas/build.ts'
import { recordVersion } from '../../datasets/record-version.ts'
import { markSuite } from '../../datasets/suites.ts'
import { Fault, type FaultCode, isFault } from '../../platform/fault.ts'
import type { Platform } from '../../platform/ports.ts'
import { failureOf, loadFailure } from './build-failure.ts'
import { type BuildResult, loadResult } from './build-result.ts'
import { getBuild, isOver } from './build-store.ts'
import { changeBuild } from './change-build.ts'

type Needs = Pick<Platform, 'table' | 'blobs' | 'clock'>

/**
 * Makes what a build wrote visible: its versions, then its end. From the first on it can no longer be cancelled, so that all of them
 * become visible or none. Repeating it changes nothing. Without a result: the fault that the work left, or `not_found`.
 */
export async function concludeBuild(platform: Needs, { build: id }: { build: string }): Promise<Build> {
  const build = await getBuild(platform.table, id)
  if (isOver(build.status)) return build
  const result = await loadResult(platform.blobs, id)
  if (!result) throw await missingResult(platform, id)
  return publish(platform, id, result)
}

/**
 * Ends a build that cannot go on. One that is over stays as it is, and one whose work is whole is concluded after all: part of it may
 * be visible.
 */
export async function failBuild(
  platform: Needs,
  { build: id, error, cause }: { build: string; error: string; cause: string },
): Promise<Build> {
  const build = await getBuild(platform.table, id)
  if (isOver(build.status)) return build
  const concluded = await concludedAfterAll(platform, id)
  if (concluded) return concluded
  const { code, message } = (await loadFailure(platform.blobs, id)) ?? failureOf(id, { error, cause })
  return changeBuild(platform, id, { event: 'failed', reason: { code, message: message.slice(0, 4000) } })
}

async function publish(platform: Needs, id: string, result: BuildResult): Promise<Build> {
  const build = await changeBuild(platform, id, { event: 'concluding' })
  if (isOver(build.status)) return build
  for (const version of result.versions) {
    // Before its rows can be found: no build may miss them.
    if (build.request.kind === 'shadow') await markSuite(platform.table, version.name)
    await recordVersion(platform, version)
  }
  const outputs = result.versions.map(({ name, digest, rows }) => ({ dataset: name, digest, rows }))
  return changeBuild(platform, id, { event: 'succeeded', outputs, dropped: result.dropped })
}

/** undefined when there is nothing to conclude, or when it will never be accepted. What may pass is thrown, to be tried again. */
async function concludedAfterAll(platform: Needs, id: string): Promise<Build | undefined> {
  try {
    const result = await loadResult(platform.blobs, id)
    return result && (await publish(platform, id, result))
  } catch (error) {
    if (isFault(error) && !isFault(error, 'busy') && !isFault(error, 'internal')) return undefined
    throw error
  }
}

async function missingResult({ blobs }: Pick<Platform, 'blobs'>, id: string): Promise<Fault> {
  const said = await loadFailure(blobs, id)
  if (said) return new Fault(said.code as FaultCode, said.message)
  return new Fault('not_found', `build ${id} ended without a result; its log says why: sluice data builds ${id}`)
}
