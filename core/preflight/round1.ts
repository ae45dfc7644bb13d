import type { Check, PreflightReport } from '../../schemas/preflight.ts'
import { formatsOf, type RowFormat } from '../../schemas/rows.ts'
import { referenceOf } from '../datasets/dataset-store.ts'
import { readDataset } from '../datasets/read-dataset.ts'
import { renderQuestion } from '../datasets/row-text.ts'
import type { Platform } from '../platform/ports.ts'
import { judge } from './check.ts'
import { checkPresence, checkRows } from './check-dataset.ts'
import { createLeakIndex } from './leak.ts'
import { saveReport } from './report.ts'
import { type PreflightSubject, trainingVersions } from './subject.ts'

/** Round 1: the data. Every check runs even when one fails. */
export async function runRound1(
  platform: Pick<Platform, 'blobs' | 'clock'>,
  subject: PreflightSubject,
): Promise<PreflightReport> {
  const { blobs } = platform
  const training = trainingVersions(subject)
  const versions = [...training.map(({ version }) => version), subject.evaluationDataset]
  const presence = await Promise.all(versions.map((version) => checkPresence(blobs, version)))
  const present = new Set(versions.filter((_, i) => presence[i]?.status === 'pass').map(referenceOf))

  const checks: Check[] = [...presence]
  const evaluationPresent = present.has(referenceOf(subject.evaluationDataset))
  const leaks = evaluationPresent ? await leakIndex(platform, subject) : undefined
  for (const { version, stages } of training) {
    checks.push(checkTaint(subject, version.taint, referenceOf(version)))
    if (!present.has(referenceOf(version))) continue
    checks.push(...(await checkRows(blobs, version, acceptedBy(subject, stages), subject.recipe.preflight, leaks)))
  }
  const { evaluationDataset } = subject
  checks.push(checkTaint(subject, evaluationDataset.taint, referenceOf(evaluationDataset)))
  if (evaluationPresent)
    checks.push(...(await checkRows(blobs, evaluationDataset, ['answer'], subject.recipe.preflight, undefined)))

  const files = Object.fromEntries(versions.map((version) => [referenceOf(version), version.digest]))
  return saveReport(platform, subject, { round: 'round1', checks, files })
}

async function leakIndex({ blobs }: Pick<Platform, 'blobs'>, subject: PreflightSubject) {
  const items: { index: number; text: string }[] = []
  for await (const { index, row } of readDataset(blobs, subject.evaluationDataset))
    items.push({ index, text: renderQuestion(row) })
  const { leak_ngram, leak_sim } = subject.recipe.preflight
  return createLeakIndex(items, leak_ngram, leak_sim)
}

function acceptedBy(subject: PreflightSubject, stages: number[]): RowFormat[] {
  const sets = stages.map((stage) => formatsOf[subject.recipe.stages[stage]?.algorithm ?? 'sft'])
  return (sets[0] ?? []).filter((format) => sets.every((set) => set.includes(format)))
}

function checkTaint(subject: PreflightSubject, taint: string[], name: string): Check {
  return judge(
    taint.length === 0,
    {
      name: 'taint',
      subject: name,
      value: taint.length,
      threshold: 'no taint in prod',
      message: taint.length === 0 ? 'not tainted' : `tainted: ${taint.join(', ')}`,
      remedy: 'Train and evaluate prod models on untainted data only.',
    },
    subject.profile === 'prod' ? 'fail' : 'warn',
  )
}
