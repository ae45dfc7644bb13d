import type { Command } from 'commander'
import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Act, Context } from '../context.ts'
import { bytes, plural } from '../text/values.ts'
import { addExample } from './arguments.ts'
import { datasetReference } from './data-reference.ts'
import { reportLines } from './data-report-lines.ts'

/** `data report`. */
export function dataReportCommand(data: Command, act: Act): void {
  const report = data
    .command('report')
    .description('what a version looks like: sizes, labels, duplicates, and what each operator of its build did')
    .argument('<dataset>', 'its name, or name@digest for an older version')
    .action(act((context, [dataset]) => printReport(context, dataset as string)))
  addExample(report, 'sluice data report arithmetic')
}

async function printReport(context: Context, dataset: string): Promise<undefined> {
  const params = datasetReference(dataset)
  if (context.json) return void (await context.show('getDatasetReport', { params }, () => []))
  const version = await context.client.call('getDatasetVersion', { params })
  const pinned = { name: version.name, digest: version.digest }
  const columns = context.tableColumns ?? Number.POSITIVE_INFINITY
  await context.show('getDatasetReport', { params: pinned }, (report) => [
    ...heading(version, context),
    ...reportLines(report, columns, context.paint),
  ])
}

function heading(version: DatasetVersion, { paint }: Context): string[] {
  const { name, digest, rows, format, taint, merkle_root } = version
  return [
    `${paint('strong', name)}@${digest}`,
    `${plural(rows, `${format} row`)}, ${bytes(version.bytes)}, ${originOf(version)}`,
    `${paint('dim', 'merkle root')} ${merkle_root}`,
    ...(taint.length > 0 ? [paint('warn', `tainted: ${taint.join('; ')}`)] : []),
  ]
}

function originOf({ lineage }: DatasetVersion): string {
  const { how, build, sources } = lineage
  if (how === 'upload') return 'uploaded'
  if (how === 'drop') return 'dropped'
  const rows = sources.filter(({ role }) => role === 'rows')
  const names = rows.map(({ dataset, digest }) => `${dataset}@${digest.slice(0, 12)}`)
  return `built by ${build ?? 'a build'}${names.length > 0 ? ` from ${names.join(', ')}` : ''}`
}
