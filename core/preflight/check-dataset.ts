import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Check } from '../../schemas/preflight.ts'
import type { PreflightLimits } from '../../schemas/recipe.ts'
import type { Row, RowFormat } from '../../schemas/rows.ts'
import { rowFormats } from '../../schemas/rows.ts'
import { dataKey, referenceOf } from '../datasets/dataset-store.ts'
import { renderRow } from '../datasets/row-text.ts'
import { sha256, sha256OfBlob } from '../platform/digest.ts'
import { isFault } from '../platform/fault.ts'
import type { Blobs } from '../platform/ports.ts'
import { type Line, readLines } from '../platform/read-lines.ts'
import { judge, maxEvidence } from './check.ts'
import type { createLeakIndex } from './leak.ts'

/** Are the bytes there, and are they the ones that were registered? */
export async function checkPresence(blobs: Blobs, version: DatasetVersion): Promise<Check> {
  const measured = await digestOrReason(blobs, version)
  return judge(measured === version.digest, {
    name: 'dataset_digest',
    subject: referenceOf(version),
    value: measured,
    threshold: version.digest,
    message:
      measured === version.digest
        ? `${version.rows} rows are present and unchanged`
        : `the stored bytes are not those that were registered: ${measured}`,
    remedy: 'Register the dataset again; never edit stored versions.',
  })
}

/** One pass over the rows: format, exact duplicates and, for training data, evaluation items that leaked into it. */
export async function checkRows(
  blobs: Blobs,
  version: DatasetVersion,
  allowed: readonly RowFormat[],
  limits: PreflightLimits,
  leaks: ReturnType<typeof createLeakIndex> | undefined,
): Promise<Check[]> {
  const bad: string[] = []
  const repeated: string[] = []
  const leaked: string[] = []
  const firstLine = new Map<string, number>()
  let rows = 0
  let badRows = 0
  let duplicates = 0
  let leakedRows = 0

  for await (const line of readLines(blobs.read(dataKey(version)))) {
    rows += 1
    const row = parseRow(line, allowed)
    if (typeof row === 'string') {
      badRows += 1
      if (bad.length < maxEvidence) bad.push(`line ${line.number}: ${row}`)
      continue
    }
    const text = renderRow(row)
    const digest = sha256(text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim())
    const first = firstLine.get(digest)
    if (first === undefined) firstLine.set(digest, line.number)
    else {
      duplicates += 1
      if (repeated.length < maxEvidence) repeated.push(`line ${line.number} repeats line ${first}`)
    }
    const leak = leaks?.check(text)
    if (leak) {
      leakedRows += 1
      if (leaked.length < maxEvidence)
        leaked.push(
          `line ${line.number} holds evaluation item ${leak.item + 1} (containment ${leak.containment.toFixed(3)})`,
        )
    }
  }

  const subject = referenceOf(version)
  const dupPct = (100 * duplicates) / rows
  return [
    judge(badRows === 0 && rows > 0, {
      name: 'row_format',
      subject,
      value: badRows,
      threshold: '0 bad rows',
      message:
        badRows === 0 ? `all ${rows} rows are ${allowed.join(' or ')} rows` : `${badRows} of ${rows} rows do not fit`,
      remedy:
        allowed.length === 0
          ? 'No format suits every stage that reads this dataset: give each stage its own.'
          : `Give rows of format ${allowed.map((format) => `${format} {${Object.keys(rowFormats[format].shape).join(', ')}}`).join(' or ')}.`,
      evidence: bad,
    }),
    judge(dupPct <= limits.max_dup_pct, {
      name: 'exact_duplicates',
      subject,
      value: Number(dupPct.toFixed(4)),
      threshold: `<= ${limits.max_dup_pct} %`,
      message: `${duplicates} of ${rows} rows repeat an earlier one (prompt and answer, case and white space ignored)`,
      remedy: 'Remove the repeated rows, or raise preflight.max_dup_pct with a reason.',
      evidence: repeated,
    }),
    ...(leaks
      ? [
          judge(leakedRows === 0, {
            name: 'eval_leak',
            subject,
            value: leakedRows,
            threshold: `0 rows with ${limits.leak_ngram}-gram containment >= ${limits.leak_sim}`,
            message:
              leakedRows === 0
                ? 'no evaluation item stands in the training rows'
                : `${leakedRows} training rows hold evaluation items`,
            remedy: 'Remove these rows from the training data, or draw another evaluation set.',
            evidence: leaked,
          }),
        ]
      : []),
  ]
}

async function digestOrReason(blobs: Blobs, version: DatasetVersion): Promise<string> {
  try {
    return (await sha256OfBlob(blobs, dataKey(version))).sha256
  } catch (error) {
    if (isFault(error, 'not_found')) return 'absent'
    throw error
  }
}

function parseRow(line: Line, allowed: readonly RowFormat[]): Row | string {
  try {
    const value: unknown = JSON.parse(line.text)
    for (const format of allowed) {
      const result = rowFormats[format].safeParse(value)
      if (result.success) return result.data
    }
    return `is not a row of format ${allowed.join(' or ')}`
  } catch (error) {
    return `is not JSON: ${(error as Error).message}`
  }
}
