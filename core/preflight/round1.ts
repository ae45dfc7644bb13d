import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Check, PreflightReport } from '../../schemas/preflight.ts'
import { formatsOf, type RowFormat } from '../../schemas/rows.ts'
import { leakItems } from '../data-factory/build/build-input.ts'
import { referenceOf } from '../datasets/dataset-store.ts'
import { listSuites } from '../datasets/suites.ts'
import { readReport } from '../datasets/version-files.ts'
import { digestJson } from '../platform/digest.ts'
import { isFault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { judge, type Miss } from './check.ts'
import { checkDifficulty } from './check-difficulty.ts'
import { checkDiversity, checkShape } from './check-pool.ts'
import { checkPresence } from './check-presence.ts'
import { checkDuplicates, checkFormat, checkLeaks } from './check-rows.ts'
import { type MeasureOptions, measureVersion, type VersionMeasures } from './measure-version.ts'
import { saveReport } from './report.ts'
import { runScorerChecks } from './scorer/run-scorer-checks.ts'
import { runShadowChecks } from './shadow/run-shadow-checks.ts'
import { type PreflightSubject, trainingVersions } from './subject.ts'

type Needs = Pick<Platform, 'table' | 'blobs' | 'clock' | 'ids' | 'scratch' | 'workers' | 'secrets' | 'endpoints'>

/** Round 1: the data, and what scores it. Every check runs even when one fails. */
export async function runRound1(platform: Needs, subject: PreflightSubject): Promise<PreflightReport> {
  const training = trainingVersions(subject)
  const { evaluationDataset } = subject
  const suites = await evaluationData(platform, subject)
  const versions = distinct([...training.map(({ version }) => version), ...suites])
  const presence = await Promise.all(versions.map((version) => checkPresence(platform.blobs, version)))
  const present = new Set(versions.filter((_, i) => presence[i]?.status === 'pass').map(referenceOf))
  const checks: Check[] = [...presence]

  const judged = suites.filter((suite) => present.has(referenceOf(suite)))
  const items = await leakItems(
    platform.blobs,
    judged.map(({ name, digest }) => ({ dataset: name, digest })),
  )
  const look = { limits: subject.recipe.preflight, seed: subject.recipe.seed }
  const key = digestJson([judged.map(referenceOf), look.limits])
  for (const { version, stages } of training) {
    checks.push(checkTaint(subject, version))
    if (!present.has(referenceOf(version))) continue
    const options = { ...look, items, key: `training/${key}`, diversity: true }
    checks.push(
      ...(await lookAt(platform, version, options, (measures) =>
        trainingChecks(platform, subject, version, stages, measures, options),
      )),
    )
  }
  checks.push(checkTaint(subject, evaluationDataset))
  if (present.has(referenceOf(evaluationDataset))) {
    const options = { ...look, items: null, key: 'evaluation', diversity: false }
    checks.push(
      ...(await lookAt(platform, evaluationDataset, options, async (measures) => [
        checkFormat(evaluationDataset, measures, ['answer']),
        await checkDuplicates(referenceOf(evaluationDataset), measures, look.limits),
      ])),
    )
  }
  // The shadow run first: its calls count in the scorer's share of cache hits.
  const shadow = await runShadowChecks(platform, subject, 'round1')
  const scorer = await runScorerChecks(platform, subject, 'round1')
  const files = Object.fromEntries(versions.map((version) => [referenceOf(version), version.digest]))
  return saveReport(platform, subject, {
    round: 'round1',
    checks: [...checks, ...scorer.checks, ...shadow.checks],
    files: { ...files, ...scorer.files, ...shadow.files },
  })
}

/** The job's own suite first, and the newest version of every dataset that is evaluation data. */
async function evaluationData(
  { table }: Pick<Platform, 'table'>,
  subject: PreflightSubject,
): Promise<DatasetVersion[]> {
  return distinct([subject.evaluationDataset, ...(await listSuites(table))])
}

const distinct = (versions: DatasetVersion[]) => [
  ...new Map(versions.map((version) => [referenceOf(version), version])).values(),
]

/** Measures a version on a disk of its own, which is gone when its checks are made. */
async function lookAt(
  platform: Needs,
  version: DatasetVersion,
  options: MeasureOptions,
  check: (measures: VersionMeasures) => Promise<Check[]>,
): Promise<Check[]> {
  const space = await platform.scratch.open()
  try {
    return await check(await measureVersion(platform, space, version, options))
  } finally {
    await space.close()
  }
}

async function trainingChecks(
  { blobs }: Pick<Platform, 'blobs'>,
  subject: PreflightSubject,
  version: DatasetVersion,
  stages: number[],
  measures: VersionMeasures,
  { limits, items }: MeasureOptions,
): Promise<Check[]> {
  const name = referenceOf(version)
  const miss = poolMiss(subject, stages)
  const maskedMiss: Miss = subject.profile === 'prod' ? 'fail' : 'warn'
  return [
    checkFormat(version, measures, acceptedBy(subject, stages)),
    await checkDuplicates(name, measures, limits),
    ...checkLeaks(name, measures, limits, { items: items?.length ?? 0, maskedMiss }),
    ...(await checkDiversity(name, measures, limits, miss)),
    ...(await checkShape(name, measures.spool, limits, miss)),
    ...(await checkDifficulty(name, measures.spool, await frozenOf(blobs, version), limits, miss)),
  ]
}

/** The gates of a rollout pool bind what RL trains on in prod; anywhere else a miss is worth knowing. */
function poolMiss({ profile, recipe }: PreflightSubject, stages: number[]): Miss {
  const { pool_gates } = recipe.preflight
  if (pool_gates) return pool_gates === 'enforce' ? 'fail' : 'warn'
  const forRl = stages.some((stage) => recipe.stages[stage]?.algorithm === 'grpo')
  return profile === 'prod' && forRl ? 'fail' : 'warn'
}

/** undefined when no build froze difficulty for this version, or its report is damaged. */
async function frozenOf(blobs: Platform['blobs'], version: DatasetVersion) {
  try {
    return (await readReport(blobs, version)).difficulty
  } catch (error) {
    if (isFault(error, 'corrupt')) return undefined
    throw error
  }
}

function acceptedBy(subject: PreflightSubject, stages: number[]): RowFormat[] {
  const sets = stages.map((stage) => formatsOf[subject.recipe.stages[stage]?.algorithm ?? 'sft'])
  return (sets[0] ?? []).filter((format) => sets.every((set) => set.includes(format)))
}

function checkTaint(subject: PreflightSubject, version: DatasetVersion): Check {
  const { taint } = version
  return judge(
    taint.length === 0,
    {
      name: 'taint',
      subject: referenceOf(version),
      value: taint.length,
      threshold: 'no taint in prod',
      message: taint.length === 0 ? 'not tainted' : `tainted: ${taint.join(', ')}`,
      remedy: 'Train and evaluate prod models on untainted data only.',
    },
    subject.profile === 'prod' ? 'fail' : 'warn',
  )
}
