import { type Build, BuildView, DroppedRow } from '../../../schemas/build.ts'
import { DatasetReport } from '../../../schemas/dataset.ts'
import type { Check } from '../../../schemas/preflight.ts'

export const digest = (letter: string) => letter.repeat(64)
const at = '2026-11-21T02:00:00.000Z'

/** A build in any state. */
export function stubBuild(change: Partial<Build> & { progress?: object } = {}): BuildView {
  return BuildView.parse({
    id: 'bld-00000000000000000001',
    status: 'running',
    request: { kind: 'dataset', name: 'clean', sources: [{ dataset: 'orchard' }] },
    sources: [{ dataset: 'orchard', digest: digest('a'), rows: 1200, bytes: 345_678, format: 'sft' }],
    taint: ['unreviewed'],
    suites: [{ dataset: 'orchard-suite', digest: digest('b') }],
    created_at: at,
    updated_at: at,
    ...change,
  })
}

/** What a build reports: each operator with rows in and out, reasons and samples. */
export const stubReport = DatasetReport.parse({
  definition: 'sluice.dataset-report/1',
  rows: 1080,
  exact_duplicates: 12,
  columns: { words: spread(4, 90), tokens_estimated: spread(9, 400), turns: spread(1, 3) },
  categories: { task: { count: 700, weigh: 380 }, template: {} },
  operators: [
    operator('normalise', 1200, 1200, { whitespace: 40 }, 40),
    operator('clean', 1200, 1120, { placeholder: 50, repeated_lines: 30 }),
    operator('near_duplicates', 1120, 1080, { near_duplicate: 40 }),
  ],
  samples: ['{"prompt":"How do I sort pears?","completion":"By size."}'],
})

export const stubDropped = (from: number) =>
  Array.from({ length: 20 }, (_, index) =>
    DroppedRow.parse({
      source: `orchard@${digest('a')}`,
      row: from + index,
      operator: 'clean',
      reason: 'placeholder',
      detail: '{question}',
      json: JSON.stringify({ prompt: `Explain {question} ${from + index}`, completion: 'As asked. '.repeat(60) }),
    }),
  )

export function stubCheck(name: string, subject: string, status: Check['status']): Check {
  return {
    name,
    subject,
    status,
    value: status === 'fail' ? 0.31 : 0,
    threshold: 'at most 0.05',
    message: `31 of 100 answers of ${subject} are cut off at the length limit`,
    ...(status !== 'pass' && { remedy: 'raise max_length to 2048, or drop these rows' }),
    evidence: status === 'pass' ? [] : ['row 4: 2311 tokens', 'row 9: 1999 tokens'],
  }
}

function spread(min: number, max: number) {
  const edges = Array.from({ length: 21 }, (_, index) => min + (index * (max - min)) / 20)
  const counts = edges.slice(1).map((_, index) => Math.round(200 * Math.exp(-(((index - 7) / 4) ** 2))))
  const at = (share: number) => min + share * (max - min)
  const quantiles = Object.fromEntries(
    [1, 5, 10, 25, 50, 75, 90, 95, 99].map((each) => [`p${String(each).padStart(2, '0')}`, at(each / 100)]),
  )
  return { n: 1080, min, max, mean: at(0.4), quantiles, histogram: { edges, counts } }
}

function operator(name: string, rowsIn: number, rowsOut: number, reasons: Record<string, number>, changed = 0) {
  const reason = Object.keys(reasons)[0] ?? ''
  const sample = {
    source: `orchard@${digest('a')}`,
    row: 7,
    reason,
    detail: 'row 3',
    text: 'TODO: <b>write</b> this answer',
  }
  return {
    operator: name,
    config_digest: digest('c'),
    rows_in: rowsIn,
    rows_out: rowsOut,
    changed,
    reasons,
    samples: [sample],
    seconds: 0.42,
  }
}
