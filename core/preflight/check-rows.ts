import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Check } from '../../schemas/preflight.ts'
import type { PreflightLimits } from '../../schemas/recipe.ts'
import { type RowFormat, rowFormats } from '../../schemas/rows.ts'
import type { ItemMatches } from '../data-factory/build/item-matches.ts'
import { referenceOf } from '../datasets/dataset-store.ts'
import { judge, type Miss } from './check.ts'
import type { VersionMeasures } from './measure-version.ts'

const nearestShown = 5

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

/** No training row may hold an evaluation item, as it stands or with other numbers in it. `items` are those of all suites. */
export function checkLeaks(
  subject: string,
  { spool, leaks, leakedRows, matches }: Pick<VersionMeasures, 'spool' | 'leaks' | 'leakedRows' | 'matches'>,
  limits: PreflightLimits,
  { items, maskedMiss }: { items: number; maskedMiss: Miss },
): Check[] {
  const evidence = (pass: 'plain' | 'masked') =>
    leaks
      .filter(({ finding }) => finding.pass === pass)
      .map(
        ({ number, finding }) =>
          `line ${number} holds item ${finding.item + 1} of ${finding.suite} (${contained(finding)})`,
      )
  const threshold = `0 rows with ${limits.leak_ngram}-gram containment >= ${limits.leak_sim}`
  const { unjudged, thirteen } = matches
  const judged = items - unjudged.plain
  // Where nothing was compared with anything, nothing is clean.
  const compared = judged > 0 && spool.rows > 0
  const value = (rows: number) => (compared ? rows : null)
  const nothing = `nothing to compare: ${spool.rows} rows, and ${judged} of ${items} items with a word in them`
  const runs = `; for information: ${thirteen} items have 13 words in a row in common with a row`
  const { plain, masked } = leakedRows
  return [
    judge(compared && plain === 0, {
      name: 'eval_leak',
      subject,
      value: value(plain),
      threshold,
      message: compared
        ? `${plain === 0 ? `none of ${judged} evaluation items stands in the rows` : `${plain} rows hold evaluation items`}${unjudgedNote(unjudged.plain, items)}${runs}`
        : nothing,
      remedy: 'Build the dataset with decontaminate on (sluice data build), or draw another evaluation set.',
      evidence: [...evidence('plain'), ...closest(matches, 'plain', limits.leak_sim)],
    }),
    judge(
      compared && masked === 0,
      {
        name: 'eval_leak_masked',
        subject,
        value: value(masked),
        threshold: `${threshold}, every number taken for the same`,
        message: compared
          ? `${masked === 0 ? `none of ${judged} evaluation items stands in the rows with other numbers` : `${masked} rows are evaluation items with other numbers in them`}${unjudgedNote(unjudged.masked, items)}`
          : nothing,
        remedy:
          'Build the dataset with decontaminate on. Rows of one template all hold each other: evaluate on another template, or read the score as what the model does on this one.',
        evidence: [...evidence('masked'), ...closest(matches, 'masked', limits.leak_sim)],
      },
      maskedMiss,
    ),
  ]
}

/** Items that came nearest without a leak, half of them contained at least. */
function closest({ closest: all }: ItemMatches, pass: 'plain' | 'masked', leakFrom: number): string[] {
  return all
    .flatMap(({ suite, item, [pass]: match }) =>
      match && match.containment < leakFrom ? [{ suite, item, ...match }] : [],
    )
    .sort((a, b) => b.containment - a.containment)
    .slice(0, nearestShown)
    .map((match) => `nearest: item ${match.item + 1} of ${match.suite} in line ${match.row} (${contained(match)})`)
}

const contained = ({ containment }: { containment: number }) => `containment ${containment.toFixed(3)}`
const unjudgedNote = (unjudged: number, items: number) =>
  unjudged > 0 ? ` (${unjudged} of ${items} items have too few words to be judged)` : ''
