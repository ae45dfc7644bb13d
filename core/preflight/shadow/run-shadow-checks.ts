import type { DatasetVersion } from '../../../schemas/dataset.ts'
import type { Check } from '../../../schemas/preflight.ts'
import { ShadowReport, type ShadowRun } from '../../../schemas/shadow-run.ts'
import { getDatasetVersion, referenceOf } from '../../datasets/dataset-store.ts'
import { readDataset } from '../../datasets/read-dataset.ts'
import { isFault } from '../../platform/fault.ts'
import { parseStored } from '../../platform/parse.ts'
import type { Platform } from '../../platform/ports.ts'
import { renderAnswer, renderQuestion } from '../../text/row-text.ts'
import { judge } from '../check.ts'
import { keptResult } from '../kept-result.ts'
import { type PreflightSubject, type Round, shadowKey } from '../subject.ts'
import { checksOfShadow } from './checks-of-shadow.ts'
import { reportShadow } from './report-shadow.ts'
import { type ShadowRow, scoreItems } from './score-items.ts'

type Needs = Pick<Platform, 'table' | 'blobs' | 'clock' | 'ids' | 'endpoints' | 'secrets'>

/**
 * The old and the new scorer on the shadow set of the recipe, live. Round 2 is a run of its own, tagged `pre_run_check`, on the version
 * that round 1 used. Nothing without `preflight.shadow`.
 */
export async function runShadowChecks(
  platform: Needs,
  subject: PreflightSubject,
  round: Round,
): Promise<{ checks: Check[]; files: Record<string, string> }> {
  const run = subject.recipe.preflight.shadow
  if (!run) return { checks: [], files: {} }
  const version = await versionOf(platform, subject, run, round)
  if (version?.format !== 'feedback') return { checks: [unusable(run, version)], files: {} }
  const key = shadowKey(subject, round)
  const { value, sha256 } = await keptResult(platform, key, ShadowReport, () =>
    measure(platform, run, version, { seed: subject.recipe.seed, tag: tagOf(run, round) }),
  )
  return { checks: checksOfShadow(value), files: { [key]: sha256, [referenceOf(version)]: version.digest } }
}

async function measure(
  platform: Needs,
  run: ShadowRun,
  version: DatasetVersion,
  { seed, tag }: { seed: number; tag: string },
): Promise<ShadowReport> {
  const rows: ShadowRow[] = []
  for await (const { index, row } of readDataset(platform.blobs, version)) {
    if (!('label' in row)) continue
    const { id = `row ${index + 1}`, task = 'all', label } = row
    rows.push({ id, task, success: label, prompt: renderQuestion(row), completion: renderAnswer(row) })
  }
  const scored = await scoreItems(platform, run, rows)
  return {
    definition: 'sluice.shadow-run/1',
    tag,
    ts: platform.clock.now().toISOString(),
    set: { reference: referenceOf(version), digest: version.digest, rows: rows.length },
    ...reportShadow(run, scored.rows, seed),
    calls: scored.calls,
    errors: scored.errors,
  }
}

function tagOf(run: ShadowRun, round: Round): string {
  return round === 'round2' ? 'pre_run_check' : (run.tag ?? 'round1')
}

/** undefined when there is no such version. */
async function versionOf(
  { table, blobs }: Needs,
  subject: PreflightSubject,
  run: ShadowRun,
  round: Round,
): Promise<DatasetVersion | undefined> {
  const key = shadowKey(subject, 'round1')
  const first = round === 'round2' ? await blobs.get(key) : undefined
  try {
    return await getDatasetVersion(table, first ? parseStored(ShadowReport, first, key).set.reference : run.set)
  } catch (error) {
    if (isFault(error, 'not_found')) return undefined
    throw error
  }
}

function unusable(run: ShadowRun, version: DatasetVersion | undefined): Check {
  return judge(false, {
    name: 'shadow_set',
    subject: run.set,
    value: version?.format ?? 'absent',
    threshold: 'a dataset of format feedback',
    message: version ? `its rows are of format ${version.format}` : 'there is no such dataset version',
    remedy: 'Register rows {prompt, completion, label}, where label says whether the task succeeded.',
  })
}
