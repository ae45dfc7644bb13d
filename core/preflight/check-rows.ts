import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Check } from '../../schemas/preflight.ts'
import type { PreflightLimits } from '../../schemas/recipe.ts'
import { type RowFormat, rowFormats } from '../../schemas/rows.ts'
import { referenceOf } from '../datasets/dataset-store.ts'
import { judge } from './check.ts'
import type { VersionMeasures } from './measure-version.ts'

/** Can every stage that reads the rows train on them? */
export function checkFormat(
  version: DatasetVersion,
  { spool, badRows, problems }: VersionMeasures,
  accepted: readonly RowFormat[],
): Check {
  const rows = spool.rows + badRows
  const suits = accepted.includes(version.format)
  const bad = suits ? badRows : rows
  const shapes = accepted.map((format) => `${format} {${Object.keys(rowFormats[format].shape).join(', ')}}`)
  const wanted = accepted.join(' or ')
  return judge(bad === 0 && rows > 0, {
    name: 'row_format',
    subject: referenceOf(version),
    value: bad,
    threshold: '0 bad rows',
    message: bad === 0 ? `all ${rows} rows are ${wanted} rows` : `${bad} of ${rows} rows do not fit`,
    remedy:
      accepted.length === 0
        ? 'No format suits every stage that reads this dataset: give each stage its own.'
        : `Give rows of format ${shapes.join(' or ')}.`,
    evidence: suits ? problems.map(({ message }) => message) : [`the rows are ${version.format} rows, not ${wanted}`],
  })
}

/** dup_pct: samples that are in a group of exact or near duplicates and not its first, in percent of all. */
export async function checkDuplicates(
  subject: string,
  { spool, clusters }: VersionMeasures,
  limits: PreflightLimits,
): Promise<Check> {
  const { clusterOf, exactDuplicates, nearDuplicates } = clusters
  const numbers = await spool.numbers()
  const repeats = exactDuplicates + nearDuplicates
  const evidence: string[] = []
  for (let row = 0; row < clusterOf.length && evidence.length < 20; row++) {
    const first = clusterOf[row] as number
    if (first === row) continue
    const how = clusters.exactOf[row] === row ? 'is near' : 'repeats'
    evidence.push(
      `line ${numbers[row]} ${how} line ${numbers[clusters.exactOf[row] === row ? first : (clusters.exactOf[row] as number)]}`,
    )
  }
  const percent = spool.rows === 0 ? Number.NaN : (100 * repeats) / spool.rows
  return judge(percent <= limits.max_dup_pct, {
    name: 'duplicates',
    subject,
    value: Number.isNaN(percent) ? null : Number(percent.toFixed(4)),
    threshold: `<= ${limits.max_dup_pct} %`,
    message: `${exactDuplicates} of ${spool.rows} rows repeat an earlier one, ${nearDuplicates} more are nearly one (prompt and answer; Jaccard >= ${limits.near_dup_sim} on word 5-grams)`,
    remedy:
      'Build the dataset with near_duplicates on (sluice data build), or raise preflight.max_dup_pct with a reason.',
    evidence,
  })
}

/** No training row may hold an evaluation item, as it stands or with other numbers in it. */
export function checkLeaks(
  subject: string,
  { leaks, leakedRows }: VersionMeasures,
  limits: PreflightLimits,
  { items, maskedMiss }: { items: number; maskedMiss: 'fail' | 'warn' },
): Check[] {
  const evidence = (pass: 'plain' | 'masked') =>
    leaks
      .filter(({ finding }) => finding.pass === pass)
      .map(
        ({ number, finding }) =>
          `line ${number} holds item ${finding.item + 1} of ${finding.suite} (containment ${finding.containment.toFixed(3)})`,
      )
  const threshold = `0 rows with ${limits.leak_ngram}-gram containment >= ${limits.leak_sim}`
  const { plain, masked } = leakedRows
  return [
    judge(plain === 0, {
      name: 'eval_leak',
      subject,
      value: plain,
      threshold,
      message:
        plain === 0 ? `none of ${items} evaluation items stands in the rows` : `${plain} rows hold evaluation items`,
      remedy: 'Build the dataset with decontaminate on (sluice data build), or draw another evaluation set.',
      evidence: evidence('plain'),
    }),
    judge(
      masked === 0,
      {
        name: 'eval_leak_masked',
        subject,
        value: masked,
        threshold: `${threshold}, every number taken for the same`,
        message:
          masked === 0
            ? `none of ${items} evaluation items stands in the rows with other numbers`
            : `${masked} rows are evaluation items with other numbers in them`,
        remedy:
          'Build the dataset with decontaminate on. Rows of one template all hold each other: evaluate on another template, or read the score as what the model does on this one.',
        evidence: evidence('masked'),
      },
      maskedMiss,
    ),
  ]
}
