import { type Command, Option } from 'commander'
import type { MetricsExport } from '../../schemas/metrics.ts'
import type { Act, Context } from '../context.ts'
import { downloadFile } from '../download-file.ts'
import { bytes, plural } from '../text/values.ts'
import { createLive } from '../watch/live.ts'
import { bar } from '../watch/stage-pieces.ts'
import { addExample } from './arguments.ts'
import {
  attemptOption,
  type MetricOptions,
  noteUnknownNames,
  ofOptions,
  queryOf,
  stageOption,
  stepOption,
} from './metric-options.ts'

interface ExportOptions extends MetricOptions {
  format: MetricsExport['format']
  output?: string
  out?: string
  force?: boolean
}

export function jobExportCommand(jobs: Command, act: Act): void {
  const command = jobs
    .command('export')
    .description('download the points as a file, one row per step; with --json, its address for an hour')
    .argument('<job>', 'its id')
    .addOption(
      new Option('--format <format>', 'of the file').choices(['csv', 'jsonl', 'parquet']).makeOptionMandatory(),
    )
    .option('--output <file>', 'where to; JOB-metrics.FORMAT when absent')
    .addOption(new Option('--out <file>').hideHelp())
    .option('--force', 'replace a file that is there')
    .option('--names <names>', 'comma-separated; all when absent')
    .addOption(stageOption())
    .addOption(attemptOption())
    .addOption(stepOption('--from', 'first step'))
    .addOption(stepOption('--to', 'last step'))
    .action(act<ExportOptions>((context, [job], options) => exportMetrics(context, job as string, options)))
  addExample(command, 'sluice jobs export job-0123456789abcdefghij --format parquet --output metrics.parquet')
}

async function exportMetrics(context: Context, job: string, options: ExportOptions): Promise<undefined> {
  const { format, output: out = options.out ?? `${job}-metrics.${format}` } = options
  const input = { params: { job }, body: { ...queryOf(options), format } }
  if (context.json) return void (await ofOptions(context.show('exportMetrics', input, () => [])))
  const made = await ofOptions(context.client.call('exportMetrics', input))
  const size = await download(context, made, out, options.force === true)
  context.print([`${context.paint('good', '✓')} ${out}: ${plural(made.rows, 'row')}, ${bytes(size)}`])
  await noteUnknownNames(context, [job], options)
  if (made.rows === 0) context.note(`there are no such points; sluice jobs branches ${job} shows what was logged`)
}

async function download({ io, paint }: Context, made: MetricsExport, out: string, replace: boolean): Promise<number> {
  const live = io.isTTY ? createLive(io) : undefined
  try {
    return await downloadFile(
      made.url,
      out,
      { clock: io.clock },
      {
        replace,
        remedy: 'choose another --output, or replace it with --force',
        onProgress(received) {
          const share = made.bytes === 0 ? 1 : received / made.bytes
          live?.show([`${out}  ${paint('accent', bar(share))}  ${bytes(received)} of ${bytes(made.bytes)}`])
        },
      },
    )
  } finally {
    live?.end()
  }
}
