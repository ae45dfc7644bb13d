import type { DatasetVersion } from '../../schemas/dataset.ts'
import { RowFormatName } from '../../schemas/dataset.ts'
import type { DropReport } from '../../schemas/drop.ts'
import { Name } from '../../schemas/primitives.ts'
import { isBlobKey } from '../platform/blob-key.ts'
import type { Breach, Fault } from '../platform/fault.ts'
import { dropParts, reportKey, reportSuffix } from './drop-store.ts'

export interface DropFacts {
  key: string
  etag: string
  /** ISO 8601, like `at`. */
  modified_at: string
  at: string
}

const extensions = ['.jsonl', '.ndjson', '.json', '.csv', '.tsv', '.parquet']
/** What may follow them; what is packed is told by its bytes. */
const packings = ['', '.gz', '.zst']
const maxErrors = 100
const maxText = 500

export function acceptedReport(facts: DropFacts, version: DatasetVersion, sha256: string): DropReport {
  const { name, digest, rows } = version
  const message = `dataset "${name}" has version ${digest} with these ${rows} rows`
  const found = { digest, rows, source_sha256: sha256 }
  return { ...facts, status: 'accepted', dataset: name, ...found, message, errors: [] }
}

/** A refusal by the rules of datasets. One without a list of problems is one problem. */
export function refusalOf(facts: DropFacts, { code, message, errors }: Fault, sha256?: string): DropReport {
  const [what = '', remedy = 'Drop a corrected file under the same name.'] = message.split('; ')
  const listed = errors.length > 0 ? errors : [{ pointer: '', code, message: what, remedy }]
  return {
    ...facts,
    status: 'refused',
    dataset: dropParts(facts.key).dataset,
    ...(sha256 && { source_sha256: sha256 }),
    message: shortened(message),
    errors: listed.slice(0, maxErrors).map(({ pointer, code, message, remedy }) => ({
      pointer: shortened(pointer),
      code,
      message: shortened(message),
      remedy: shortened(remedy),
    })),
  }
}

/** What is wrong with the place and the name of a dropped object; empty when it can be read. */
export function namingProblems(key: string): Breach[] {
  const { dataset, file } = dropParts(key)
  const problems: Breach[] = []
  const name = Name.safeParse(dataset)
  if (dataset === '')
    problems.push({
      pointer: '',
      code: 'no_dataset',
      message: `"${file}" lies in no dataset's folder`,
      remedy: 'Drop it as drops/DATASET/FILE.',
    })
  else if (!name.success)
    problems.push({
      pointer: '',
      code: 'bad_name',
      message: `folder "${dataset}" cannot be a dataset: ${name.error.issues[0]?.message}`,
      remedy: 'Drop the file into a folder that is named like a dataset.',
    })
  if (!isBlobKey(reportKey(key)))
    problems.push({
      pointer: '',
      code: 'long_name',
      message: `the name is too long: with ${reportSuffix} for its report, no file may have it`,
      remedy: 'Drop it under a shorter name.',
    })
  if (file.endsWith(reportSuffix))
    problems.push({
      pointer: '',
      code: 'reserved_name',
      message: `names that end in ${reportSuffix} are for reports like this one`,
      remedy: 'Drop it under another name.',
    })
  else if (!isReadable(file.toLowerCase()))
    problems.push({
      pointer: '',
      code: 'unsupported_format',
      message: `"${file}" does not end in one of: ${extensions.join(', ')}; .gz or .zst may follow`,
      remedy: `Drop JSONL, one JSON array, CSV or Parquet with rows of one format: ${RowFormatName.options.join(', ')}.`,
    })
  return problems
}

function isReadable(file: string): boolean {
  return extensions.some((extension) => packings.some((packing) => file.endsWith(extension + packing)))
}

function shortened(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText - 1).toWellFormed()}…` : text
}
