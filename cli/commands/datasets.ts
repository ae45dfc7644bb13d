import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import { type DatasetVersion, RowFormatName } from '../../schemas/dataset.ts'
import { Name } from '../../schemas/primitives.ts'
import type { Act, Context } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { bytes, plural, time } from '../text/values.ts'
import { type SentFile, uploadFile } from '../upload-file.ts'
import { createLive } from '../watch/live.ts'
import { bar } from '../watch/stage-pieces.ts'
import { addExample, addPaging, type PageOptions, repeated } from './arguments.ts'
import { dropCommands } from './drops.ts'
import { listPage } from './list-page.ts'

interface AddOptions {
  format?: RowFormatName
  taint?: string[]
}

const listedRows = 20

export function datasetCommands(program: Command, act: Act): void {
  const datasets = program.command('datasets').description('names of data, and their immutable versions')
  const add = datasets
    .command('add')
    .description('upload a file and register it as the next version; a file with any bad row is refused whole')
    .argument('<name>', 'of the dataset')
    .argument('<file>', 'JSONL, or a JSON array')
    .addOption(
      new Option('--format <format>', 'of the rows; detected from the first when absent').choices(
        RowFormatName.options,
      ),
    )
    .option('--taint <reason>', 'why it may never feed a prod job; may be repeated', repeated)
    .action(
      act<AddOptions>((context, [name, file], options) => addDataset(context, name as string, file as string, options)),
    )
  addExample(
    add,
    'sluice datasets add arithmetic train.jsonl --format sft',
    'sluice datasets add probe eval.jsonl --taint "contains benchmark items"',
  )
  const list = addPaging(datasets.command('list').description('list datasets by name')).action(
    act<PageOptions>((context, _args, options) => listDatasets(context, options)),
  )
  addExample(list, 'sluice datasets list')
  const versions = addPaging(
    datasets.command('versions').description('list the versions of a dataset').argument('<name>', 'of the dataset'),
  ).action(act<PageOptions>((context, [name], options) => listVersions(context, name as string, options)))
  addExample(versions, 'sluice datasets versions arithmetic')
  dropCommands(datasets, act)
}

async function addDataset(context: Context, name: string, file: string, options: AddOptions): Promise<undefined> {
  const { client, paint } = context
  const named = Name.safeParse(name)
  // Before the upload, which may take long.
  if (!named.success) throw ProblemError.local('usage', `bad name "${name}": ${named.error.issues[0]?.message}`)
  const upload = await client.call('createUpload', {})
  const sent = await uploadWithProgress(context, file, upload.url)
  const { format, taint = [] } = options
  const body = { upload: upload.upload, sha256: sent.sha256, taint, ...(format && { format }) }
  try {
    await context.show('registerDataset', { params: { name }, body }, (version) => [
      `${paint('good', '✓')} ${version.name}: ${plural(version.rows, `${version.format} row`)}, ${bytes(version.bytes)}${taintText(version)}`,
      `  ${paint('dim', 'version')} ${version.name}@${version.digest}`,
    ])
  } catch (error) {
    throw error instanceof ProblemError
      ? error.with({ places: listedRows, locate: (pointer) => placeOf(pointer, file) })
      : error
  }
}

async function uploadWithProgress(context: Context, file: string, url: string): Promise<SentFile> {
  const { io, json, paint } = context
  const patience = { clock: io.clock }
  if (json || !io.isTTY) return uploadFile(file, url, patience, () => {})
  const live = createLive(io)
  try {
    return await uploadFile(file, url, patience, (sent, total) => {
      const share = sent / total
      const shown = `${bytes(sent)} of ${bytes(total)}  ${Math.floor(100 * share)} %`
      live.show([`${basename(file)}  ${paint('accent', bar(share))}  ${shown}`])
    })
  } finally {
    live.end()
  }
}

/** `/lines/3/prompt` lies on line 3; elements of a JSON array are only counted. The message names the field. */
function placeOf(pointer: string, file: string): string | undefined {
  const [, kind, number] = /^\/(lines|rows)\/(\d+)/.exec(pointer) ?? []
  if (kind === undefined) return undefined
  return kind === 'lines' ? `${basename(file)}:${number}` : `${basename(file)} row ${number}`
}

function taintText(version: DatasetVersion): string {
  return version.taint.length === 0 ? '' : `, tainted: ${version.taint.join('; ')}`
}

function listDatasets(context: Context, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listDatasets',
    { query: { ...options } },
    {
      columns: [
        { title: 'DATASET', value: (dataset) => dataset.name },
        { title: 'CHANGED', value: (dataset) => time(dataset.updated_at) },
        { title: 'NEWEST VERSION', value: (dataset) => dataset.latest },
      ],
      words: ['datasets', 'list'],
      limit: options.limit,
      empty: 'no datasets; add one: sluice datasets add NAME FILE',
    },
  )
}

function listVersions(context: Context, name: string, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listDatasetVersions',
    { params: { name }, query: { ...options } },
    {
      columns: [
        { title: 'VERSION', value: (version) => version.digest },
        { title: 'FORMAT', value: (version) => version.format },
        { title: 'ROWS', value: (version) => String(version.rows), right: true },
        { title: 'SIZE', value: (version) => bytes(version.bytes), right: true },
        { title: 'REGISTERED', value: (version) => time(version.created_at) },
        {
          title: 'TAINT',
          value: (version) => version.taint.join('; ') || '-',
          tone: (version) => (version.taint.length > 0 ? 'warn' : 'dim'),
        },
      ],
      words: ['datasets', 'versions', name],
      limit: options.limit,
      empty: `dataset "${name}" has no versions; add one: sluice datasets add ${name} FILE`,
    },
  )
}
