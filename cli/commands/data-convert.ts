import { open, rename, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import type { ByteSource } from '../../core/formats/byte-source.ts'
import type { ConvertOptions } from '../../core/formats/convert.ts'
import type { Compression } from '../../core/formats/decompress.ts'
import type { Detected } from '../../core/formats/detect-layout.ts'
import { type LayoutName, layoutNames } from '../../core/formats/layouts/layout-names.ts'
import type { Container } from '../../core/formats/sniff-container.ts'
import type { OpenedAs } from '../../core/formats/to-lines.ts'
import { isFault } from '../../core/platform/fault.ts'
import type { Act, Context } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { bytes, plural } from '../text/values.ts'
import { createLive } from '../watch/live.ts'
import { bar } from '../watch/stage-pieces.ts'
import { addExample } from './arguments.ts'
import { openFile } from './file-source.ts'

interface Options {
  from?: LayoutName
  to: LayoutName
  container?: Container
  compress?: Compression
}

const listedRows = 20
const containers: readonly Container[] = ['jsonl', 'json', 'csv', 'parquet']
const endings = new Map<string, Container>([
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.json', 'json'],
  ['.csv', 'csv'],
  ['.parquet', 'parquet'],
])

/** `data convert`: works on local files, without a server. */
export function dataConvertCommand(data: Command, act: Act): void {
  const command = data
    .command('convert')
    .description('convert a file of rows to another layout or container; a file with any bad row is refused whole')
    .argument('<in>', 'JSONL, a JSON array, CSV or Parquet; gzip and zstd are unpacked')
    .argument('<out>', 'a new file; its ending tells container and compression')
    .addOption(new Option('--from <layout>', 'of the rows; detected when absent').choices(layoutNames))
    .addOption(new Option('--to <layout>', 'to write').choices(layoutNames).default('canonical'))
    .addOption(new Option('--container <container>', "else by OUT's ending").choices(containers))
    .addOption(new Option('--compress <compression>', "else by OUT's ending, .gz or .zst").choices(['gzip', 'zstd']))
    .action(act<Options>((context, [from, to], options) => run(context, from as string, to as string, options)))
  addExample(
    command,
    'sluice data convert gsm8k_train.jsonl.gz train.parquet --to verl',
    'sluice data convert alpaca.json rows.jsonl.zst',
  )
}

interface Found {
  opened?: OpenedAs
  detected?: Detected
  notes?: ReadonlyMap<string, number>
  rows: number
}

async function run(context: Context, from: string, to: string, options: Options): Promise<undefined> {
  const target = targetOf(to, options)
  if (await exists(to)) throw ProblemError.local('unwritable', `${to} exists; remove it or choose another OUT`)
  const file = await openFile(from)
  // Here and not above: no other command has to load the readers and writers of all formats.
  const { convert } = await import('../../core/formats/convert.ts')
  const found: Found = { rows: 0 }
  try {
    const hooks: ConvertOptions = {
      ...target,
      from: options.from,
      to: options.to,
      onOpened: (opened) => Object.assign(found, { opened }),
      onDetected: (detected) => Object.assign(found, { detected }),
      onNotes: (notes) => Object.assign(found, { notes }),
      onRows: (rows) => Object.assign(found, { rows }),
    }
    const size = await withProgress(context, from, file, (source) => save(context, convert(source, hooks), to))
    report(context, to, size, options, found)
    return undefined
  } catch (error) {
    throw problemOf(error, from)
  } finally {
    await file.close()
  }
}

function targetOf(to: string, { container, compress }: Options) {
  const name = basename(to).toLowerCase()
  const packed = name.endsWith('.gz') ? 'gzip' : name.endsWith('.zst') ? 'zstd' : undefined
  const plain = name.replace(/\.(gz|zst)$/, '')
  const named = [...endings].find(([ending]) => plain.endsWith(ending))?.[1]
  const chosen = container ?? named
  if (!chosen)
    throw ProblemError.local(
      'usage',
      `the ending of ${to} tells no container; end it in one of ${[...endings.keys()].join(', ')}, or give --container`,
    )
  const compression: Compression | undefined = compress ?? packed
  return { container: chosen, compression }
}

/** Writes beside `path` and renames, so that nothing half-written ever has the name. Returns the bytes. */
async function save({ io }: Context, source: AsyncIterable<Uint8Array>, path: string): Promise<number> {
  const partial = `${path}.partial`
  const file = await open(partial, 'wx').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' ? 'it is there from another run; remove it' : error.message
    throw ProblemError.local('unwritable', `cannot write ${partial}: ${why}`)
  })
  let interrupted = false
  const stopListening = io.onInterrupt(() => {
    interrupted = true
  })
  let size = 0
  try {
    for await (const piece of source) {
      if (interrupted) throw ProblemError.local('interrupted', `stopped; ${path} was not written`)
      await file.writeFile(piece)
      size += piece.length
    }
    await file.sync()
    await file.close()
    await rename(partial, path)
    return size
  } catch (error) {
    await file.close().catch(() => {})
    await rm(partial, { force: true })
    throw error
  } finally {
    stopListening()
  }
}

async function withProgress<Result>(
  { io, json, paint }: Context,
  path: string,
  source: ByteSource,
  work: (source: ByteSource) => Promise<Result>,
): Promise<Result> {
  if (json || !io.isTTY) return work(source)
  const live = createLive(io)
  let shownAt = Number.NEGATIVE_INFINITY
  const show = (done: number) => {
    const now = io.clock.now().getTime()
    if (now - shownAt < 100) return
    shownAt = now
    const share = Math.min(1, done / source.size)
    const shown = `${bytes(done)} of ${bytes(source.size)}  ${Math.floor(100 * share)} %`
    live.show([`${basename(path)}  ${paint('accent', bar(share))}  ${shown}`])
  }
  async function* watched() {
    let done = 0
    for await (const piece of source.stream()) {
      yield piece
      done += piece.length
      show(done)
    }
  }
  const slice = (start: number, end: number) => {
    show(end)
    return source.slice(start, end)
  }
  try {
    return await work({ size: source.size, slice, stream: watched })
  } finally {
    live.end()
  }
}

function report({ io, json, paint, print }: Context, path: string, size: number, options: Options, found: Found): void {
  const { opened, detected, rows, notes = new Map<string, number>() } = found
  if (json) {
    const answer = { out: path, rows, bytes: size, opened, detected, notes: Object.fromEntries(notes) }
    io.stdout(`${JSON.stringify(answer)}\n`)
    return
  }
  const packed = opened?.compression ? ` in ${opened.compression}` : ''
  const others = new Set(detected?.alternatives.map(({ layout }) => layout))
  if (detected) others.delete(detected.layout)
  print([
    `${paint('good', '✓')} ${path}: ${plural(rows, `${detected?.format} row`)} as ${options.to}, ${bytes(size)}`,
    `  ${paint('dim', 'read as')} ${opened?.container}${packed}: ${opened?.why}`,
    `  ${paint('dim', 'layout')}  ${detected?.layout}: ${detected?.evidence.join('; ')}`,
    ...(others.size > 0 && !options.from
      ? [`  ${paint('warn', 'also looks like')} ${[...others].join(', ')}: choose with --from`]
      : []),
    ...[...notes].map(([note, count]) => `  ${paint('warn', 'note')} ${note} (${plural(count, 'row')})`),
  ])
}

function problemOf(error: unknown, file: string): unknown {
  if (!isFault(error)) return error
  const { code, message, errors } = error
  return ProblemError.local(code, `${basename(file)}: ${message}`, errors, {
    places: listedRows,
    locate: (pointer) => placeOf(pointer, basename(file)),
  })
}

/** `/lines/3/prompt` lies on line 3; rows of other containers are only counted. The message names the field. */
function placeOf(pointer: string, file: string): string {
  const [, unit, number] = /^\/(lines|rows)\/(\d+)/.exec(pointer) ?? []
  if (unit === undefined) return file
  return unit === 'lines' ? `${file}:${number}` : `${file} row ${number}`
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
