import { type Command, Option } from 'commander'
import type { Act, Context } from '../context.ts'
import { time } from '../text/values.ts'
import { addExample, type PageOptions, wholeNumber } from './arguments.ts'
import { listPage } from './list-page.ts'

/** `datasets drops`. */
export function dropCommands(datasets: Command, act: Act): void {
  const drops = datasets
    .command('drops')
    .description('what became of the files that were dropped into a folder of drops/; with --json, every problem')
    .argument('<name>', 'of the folder, as of the dataset')
    // A report names up to 100 problems.
    .addOption(new Option('--limit <n>', 'how many at most, 1 to 20').argParser(wholeNumber(1, 20)).default(10))
    .option('--after <cursor>', 'go on after a page: the cursor that the page named')
    .action(act<PageOptions>((context, [name], options) => listDrops(context, name as string, options)))
  addExample(drops, 'sluice datasets drops arithmetic')
}

function listDrops(context: Context, name: string, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listDrops',
    { params: { name }, query: { ...options } },
    {
      columns: [
        { title: 'FILE', value: (drop) => drop.key.split('/').slice(2).join('/') },
        {
          title: 'STATUS',
          value: (drop) => drop.status,
          tone: (drop) => (drop.status === 'accepted' ? 'good' : 'bad'),
        },
        { title: 'ROWS', value: (drop) => (drop.rows === undefined ? '-' : String(drop.rows)), right: true },
        { title: 'LOOKED AT', value: (drop) => time(drop.at) },
        { title: 'MESSAGE', value: (drop) => drop.message },
      ],
      words: ['datasets', 'drops', name],
      limit: options.limit,
      empty: `no file that was dropped into drops/${name}/ was looked at yet; files there are taken in once they stand still`,
    },
  )
}
