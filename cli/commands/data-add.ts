import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import { type DatasetVersion, RowFormatName } from '../../schemas/dataset.ts'
import { Name } from '../../schemas/primitives.ts'
import type { Act, Context } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { bytes, plural } from '../text/values.ts'
import { readFormats, type SentFile, uploadFile } from '../upload-file.ts'
import { createLive } from '../watch/live.ts'
import { bar } from '../watch/stage-pieces.ts'
import { addExample, repeated } from './arguments.ts'

interface AddOptions {
  format?: RowFormatName
  taint?: string[]
  suite?: boolean
}

const listedRows = 20

/** `datasets add` and `data add`. */
export function dataAddCommand(group: Command, act: Act): void {
  const add = group
    .command('add')
    .description('upload a file and register it as the next version; a file with any bad row is refused whole')
    .argument('<name>', 'of the dataset')
    .argument('<file>', `rows of one format in ${readFormats}; gzip and zstd are unpacked`)
    .addOption(
      new Option('--format <format>', 'of the rows; detected from the first when absent').choices(
        RowFormatName.options,
      ),
    )
    .option('--taint <reason>', 'why it may never feed a prod job; may be repeated', repeated)
    .option('--suite', 'evaluation data: its items are kept out of training data from now on')
    .action(
      act<AddOptions>((context, [name, file], options) => addDataset(context, name as string, file as string, options)),
    )
  const words = `sluice ${group.name()} add`
  addExample(
    add,
    `${words} arithmetic train.jsonl --format sft`,
    `${words} chats sharegpt.json.gz`,
    `${words} quiz eval.jsonl --suite`,
    `${words} probe eval.jsonl --taint "contains benchmark items"`,
  )
}

async function addDataset(context: Context, name: string, file: string, options: AddOptions): Promise<undefined> {
  const { client, paint } = context
  const named = Name.safeParse(name)
  // Before the upload, which may take long.
  if (!named.success) throw ProblemError.local('usage', `bad name "${name}": ${named.error.issues[0]?.message}`)
  const upload = await client.call('createUpload', {})
  const sent = await uploadWithProgress(context, file, upload.url)
  const { format, taint = [], suite } = options
  const body = { upload: upload.upload, sha256: sent.sha256, taint, ...(format && { format }), ...(suite && { suite }) }
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
