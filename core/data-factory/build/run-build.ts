import * as z from 'zod'
import type { Build, BuildProgress } from '../../../schemas/build.ts'
import { Build as BuildSchema } from '../../../schemas/build.ts'
import type { DatasetVersion, Lineage } from '../../../schemas/dataset.ts'
import { versionOf } from '../../datasets/publish-version.ts'
import { storeVersion } from '../../datasets/store-version.ts'
import { mend } from '../../datasets/version-files.ts'
import { digestJson } from '../../platform/digest.ts'
import { Fault, type FaultCode, isFault } from '../../platform/fault.ts'
import { parseStored } from '../../platform/parse.ts'
import type { Platform, ScratchSpace } from '../../platform/ports.ts'
import { createClusterer } from '../near-dup/cluster.ts'
import { isPassing, loadFailure } from './build-failure.ts'
import type { BuildInput } from './build-input.ts'
import { type BuildResult, loadResult } from './build-result.ts'
import { documentKey, droppedKey, progressKey, resultKey, specKey } from './build-store.ts'
import { difficultyMetrics } from './difficulty-metrics.ts'
import { inputOf } from './input-of.ts'
import { createItemMatches, type ItemMatches } from './item-matches.ts'
import { leakReport, rowsBefore } from './leak-report.ts'
import { mapBatches } from './map-batches.ts'
import { addTotals, newTotals, type OperatorTotals, toReport } from './operator-totals.ts'
import { createRowSpool, type RowSpool } from './row-spool.ts'
import { selectRows } from './select-rows.ts'
import { measureParts, partFiles } from './write-outputs.ts'

type Needs = Pick<Platform, 'blobs' | 'clock' | 'scratch' | 'workers'>

const Spec = z.strictObject({ build: BuildSchema, code_version: z.string() })
const progressMs = 1000

/**
 * The work of a build, from its spec alone: rows through the operators, parts, reports, and last the result. Nothing it writes is
 * visible before the build is concluded; done again, it finds its result, or starts over on a clean disk.
 */
export async function runBuild(platform: Needs, id: string): Promise<BuildResult> {
  const known = await loadResult(platform.blobs, id)
  if (known) return known
  const failure = await loadFailure(platform.blobs, id)
  if (failure && !isPassing(failure)) throw new Fault(failure.code as FaultCode, failure.message)
  const stored = await platform.blobs.get(specKey(id))
  if (!stored) throw new Fault('not_found', `build ${id} has no ${specKey(id)}: it was never planned`)
  const { build, code_version } = parseStored(Spec, stored, specKey(id))
  const space = await platform.scratch.open()
  try {
    const result = await work(platform, space, build, code_version)
    await platform.blobs.put(resultKey(id), JSON.stringify(result), 'any')
    return result
  } catch (error) {
    throw withProblems(error)
  } finally {
    await space.close()
  }
}

/** A record keeps one message: what was wrong in detail goes into it. */
function withProblems(error: unknown): unknown {
  if (!isFault(error) || error.errors.length === 0) return error
  const listed = error.errors.slice(0, 20).map(({ pointer, message }) => `${pointer} ${message}`.trim())
  return new Fault(error.code, [error.message, ...listed].join('; '), { errors: error.errors, cause: error })
}

async function work(platform: Needs, space: ScratchSpace, build: Build, codeVersion: string): Promise<BuildResult> {
  const { blobs, clock } = platform
  const input = await inputOf(platform, build)
  const progress = createProgress(platform, build.id, input.bytesTotal)
  const spool = createRowSpool(space)
  const clusterer = input.setup.signatures ? createClusterer(space, clusterOptions(build)) : undefined
  const prepared = await prepareRows(platform, space, { build, input, spool, clusterer, progress })

  await progress.say('comparing rows')
  const comparing = clock.now().getTime()
  const clusters = await clusterer?.finish()
  const comparingSeconds = prepared.signingSeconds + (clock.now().getTime() - comparing) / 1000
  const selection = await selectRows(spool, clusters, build.request, comparingSeconds)
  await progress.say('writing')
  const measured = await measureParts(space, spool, selection, input.sourceNames)
  await blobs.put(droppedKey(build.id), piecesOf(space, 'dropped'), 'any')
  const { leak } = input.setup
  const leaks = leak && { 'leak_report.json': leakReport(build, leak.items.length, prepared.matches) }
  for (const [file, content] of Object.entries({ ...input.documents(), ...leaks }))
    await blobs.put(documentKey(build.id, file), JSON.stringify(content, null, 2), 'any')

  const ran = [...prepared.totals, ...selection.totals]
  const configs = configsOf(build)
  const operators = ran.map((each) => toReport(each, configs[each.operator] ?? true))
  const versions: DatasetVersion[] = []
  for (const [part, facts] of measured.entries()) {
    const partName = selection.parts[part] ?? ''
    const name = partName === '' ? build.request.name : `${build.request.name}-${partName}`
    const files = await partFiles(spool, selection, part, facts, { name, format: input.format, operators })
    await storeVersion(blobs, { ...files, report: { ...files.report, ...selection.report } })
    if (selection.bucketOf)
      await blobs.put(documentKey(build.id, `${name}.metrics.jsonl`), difficultyMetrics(spool, selection, part), 'any')
    const lineage: Lineage = {
      how: 'build',
      build: build.id,
      ...input.lineage,
      operators: operators.map(({ operator, config_digest }) => ({ operator, config_digest })),
      code_version: codeVersion,
    }
    versions.push(versionOf({ ...files, taint: build.taint, lineage }, clock.now()))
  }
  return { versions, dropped: operators.reduce((sum, { rows_in, rows_out }) => sum + rows_in - rows_out, 0) }
}

interface Preparing {
  build: Build
  input: BuildInput
  spool: RowSpool
  clusterer: ReturnType<typeof createClusterer> | undefined
  progress: ReturnType<typeof createProgress>
}

/** Every batch through the workers and onto the disk, in order. */
async function prepareRows(
  platform: Needs,
  space: ScratchSpace,
  { build, input, spool, clusterer, progress }: Preparing,
): Promise<{ totals: OperatorTotals[]; signingSeconds: number; matches: ItemMatches }> {
  let signingSeconds = 0
  const matches = createItemMatches()
  const totals = new Map<string, OperatorTotals>()
  const setup = { key: `${build.id}/${digestJson(build.request).slice(0, 16)}`, value: input.setup }
  for await (const { batch, tag } of mapBatches(platform.workers, setup, input.batches())) {
    const [problem] = batch.problems
    if (problem) throw new Fault('corrupt', `${input.sourceNames[tag.source]}: ${problem.message}; ${mend}`)
    await spool.add(batch, tag.source)
    if (batch.signed) await clusterer?.add(batch.signed)
    await space.append('dropped', batch.dropped)
    for (const more of batch.totals) {
      const known = totals.get(more.operator) ?? newTotals(more.operator)
      totals.set(more.operator, known)
      addTotals(known, more)
    }
    matches.add(batch, rowsBefore(build, tag.source))
    signingSeconds += batch.signingSeconds
    await progress.read(batch.rows + batch.droppedRows, tag.bytesRead)
  }
  return { totals: [...totals.values()], signingSeconds, matches: matches.finish() }
}

function clusterOptions({ request }: Build): { threshold: number } {
  const near = request.kind === 'dataset' && request.operators.near_duplicates
  return { threshold: near ? near.threshold : 0.85 }
}

function configsOf({ request }: Build): Record<string, unknown> {
  return request.kind === 'dataset' ? request.operators : { [request.kind]: request }
}

async function* piecesOf(space: ScratchSpace, file: string): AsyncGenerator<Uint8Array> {
  const piece = 1024 * 1024
  for (let start = 0; start < space.size(file); start += piece)
    yield await space.read(file, { start, end: Math.min(space.size(file), start + piece) })
}

/** Says how far it is, at most once a second. */
function createProgress({ blobs, clock }: Needs, build: string, bytes_total: number) {
  let said = 0
  const now: BuildProgress = { phase: 'reading', rows: 0, bytes: 0, bytes_total }
  const write = async () => {
    said = clock.now().getTime()
    await blobs.put(progressKey(build), JSON.stringify(now), 'any')
  }
  return {
    async read(rows: number, bytes: number): Promise<void> {
      now.rows += rows
      now.bytes = bytes
      if (clock.now().getTime() - said >= progressMs) await write()
    },
    async say(phase: string): Promise<void> {
      now.phase = phase
      await write()
    },
  }
}
