import type { Command } from 'commander'
import type { Act, Context } from '../context.ts'
import { bytes, time } from '../text/values.ts'
import { addExample, addPaging, type PageOptions } from './arguments.ts'
import { listPage } from './list-page.ts'

/** `list` and `versions` of `datasets` and of `data`. */
export function dataListCommands(parent: Command, act: Act): void {
  const group = parent.name()
  const list = addPaging(parent.command('list').description('list datasets by name')).action(
    act<PageOptions>((context, _args, options) => listDatasets(context, group, options)),
  )
  addExample(list, `sluice ${group} list`)
  const versions = addPaging(
    parent.command('versions').description('list the versions of a dataset').argument('<name>', 'of the dataset'),
  ).action(act<PageOptions>((context, [name], options) => listVersions(context, group, name as string, options)))
  addExample(versions, `sluice ${group} versions arithmetic`)
}

function listDatasets(context: Context, group: string, options: PageOptions): Promise<undefined> {
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
      words: [group, 'list'],
      limit: options.limit,
      empty: `no datasets; add one: sluice ${group} add NAME FILE`,
    },
  )
}

function listVersions(context: Context, group: string, name: string, options: PageOptions): Promise<undefined> {
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
      words: [group, 'versions', name],
      limit: options.limit,
      empty: `dataset "${name}" has no versions; add one: sluice ${group} add ${name} FILE`,
    },
  )
}
