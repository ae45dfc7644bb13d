import type { Command } from 'commander'
import type { Answer, Input } from '../client.ts'
import type { Act, Context, ExitCode } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { readRecipeFile } from '../recipe-file.ts'
import { bytes, plural, time } from '../text/values.ts'
import { createLive } from '../watch/live.ts'
import { bar } from '../watch/stage-pieces.ts'
import { addExample, addPaging, type PageOptions } from './arguments.ts'
import { listPage } from './list-page.ts'

type Build = Answer<'getBuild'>

const pollMs = 500

/** `sluice data build` and what looks at builds. */
export function dataBuildCommands(data: Command, act: Act): void {
  const build = data
    .command('build')
    .description('make dataset versions: rows through operators, a rollout pool, or a shadow evaluation set')
    .argument('<file>', 'what to make of what, in YAML or JSON: see docs/data.md')
    .option('--no-wait', 'return once the build is accepted')
    .action(act<{ wait: boolean }>((context, [file], { wait }) => startBuild(context, file as string, wait)))
  addExample(build, 'sluice data build docs/examples/clean-build.yaml')
  const builds = addPaging(data.command('builds').description('list builds, newest first, or show one'))
    .argument('[build]', 'its id')
    .action(
      act<PageOptions>((context, [id], options) =>
        id === undefined ? listBuilds(context, options) : showBuild(context, id),
      ),
    )
  addExample(builds, 'sluice data builds', 'sluice data builds bld-0123456789abcdefghij')
  const dropped = addPaging(
    data.command('dropped').description('the rows that a build left out, with operator and reason'),
    20,
  )
    .argument('<build>', 'its id')
    .action(act<PageOptions>((context, [id], options) => listDropped(context, id as string, options)))
  addExample(dropped, 'sluice data dropped bld-0123456789abcdefghij --limit 50')
  const cancel = data
    .command('cancel')
    .description('stop a build; nothing of it becomes visible')
    .argument('<build>', 'its id')
    .action(
      act(async (context, [id]) => {
        await context.show('cancelBuild', { params: { build: id as string } }, ({ status }) => [`${id} is ${status}`])
        return undefined
      }),
    )
  addExample(cancel, 'sluice data cancel bld-0123456789abcdefghij')
}

async function startBuild(context: Context, file: string, wait: boolean): Promise<ExitCode | undefined> {
  const { content, locate } = await readRecipeFile(file, 'build')
  const body = content as Input<'createBuild'>['body']
  try {
    if (!wait) {
      await context.show('createBuild', { body }, ({ id, status }) => [`${id} is ${status}`])
      return undefined
    }
    const { id } = await context.client.call('createBuild', { body })
    context.note(`${id} goes on whatever becomes of this command: sluice data builds ${id}`)
    const ended = await watchBuild(context, id)
    if (context.json) context.print([JSON.stringify(ended)])
    else context.print(buildLines(context, ended))
    return ended.status === 'succeeded' ? 0 : 1
  } catch (error) {
    throw error instanceof ProblemError
      ? error.with({ locate: (pointer) => [locate(pointer), pointer].filter(Boolean).join(' ') })
      : error
  }
}

async function watchBuild({ client, io, json, paint }: Context, id: string): Promise<Build> {
  const live = json || !io.isTTY ? undefined : createLive(io)
  try {
    for (;;) {
      const build = await client.call('getBuild', { params: { build: id } })
      if (build.finished_at) return build
      live?.show([progressLine(build, paint)])
      await io.clock.sleep(pollMs)
    }
  } finally {
    live?.end()
  }
}

function progressLine({ id, status, progress }: Build, paint: Context['paint']): string {
  if (!progress) return `${id}  ${status}`
  const { phase, rows, bytes: read, bytes_total: total } = progress
  const share = total === 0 ? 1 : Math.min(1, read / total)
  return `${paint('accent', bar(share))}  ${phase}  ${plural(rows, 'row')}, ${bytes(read)} of ${bytes(total)}`
}

function buildLines({ paint }: Context, build: Build): string[] {
  const { id, status, request, outputs, reason, dropped, finished_at } = build
  const mark = status === 'succeeded' ? paint('good', '✓') : status === 'failed' ? paint('bad', '✗') : '·'
  const head = `${mark} ${id}  ${request.kind} "${request.name}"  ${status}${finished_at ? ` at ${time(finished_at)}` : ''}`
  const made = outputs.map(({ dataset, digest, rows }) => `  ${dataset}@${digest}  ${plural(rows, 'row')}`)
  const left = dropped ? [paint('dim', `  ${plural(dropped, 'row')} left out: sluice data dropped ${id}`)] : []
  const report = outputs[0] ? [paint('dim', `  what it did: sluice data report ${outputs[0].dataset}`)] : []
  return [head, ...(reason ? [`  ${paint('bad', reason.code)}: ${reason.message}`] : []), ...made, ...left, ...report]
}

async function showBuild(context: Context, id: string): Promise<undefined> {
  await context.show('getBuild', { params: { build: id } }, (build) => [
    ...buildLines(context, build),
    ...(build.progress ? [progressLine(build, context.paint)] : []),
  ])
}

function listBuilds(context: Context, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listBuilds',
    { query: { ...options } },
    {
      columns: [
        { title: 'BUILD', value: ({ id }) => id },
        { title: 'KIND', value: ({ request }) => request.kind },
        { title: 'DATASET', value: ({ request }) => request.name },
        { title: 'STATUS', value: ({ status }) => status },
        { title: 'CREATED', value: ({ created_at }) => time(created_at) },
        { title: 'LEFT OUT', value: ({ dropped }) => (dropped === undefined ? '-' : String(dropped)), right: true },
      ],
      words: ['data', 'builds'],
      limit: options.limit,
      empty: 'no builds; start one: sluice data build FILE',
    },
  )
}

function listDropped(context: Context, id: string, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listDroppedRows',
    { params: { build: id }, query: { ...options } },
    {
      columns: [
        { title: 'ROW', value: ({ row }) => String(row), right: true },
        { title: 'OPERATOR', value: ({ operator }) => operator },
        { title: 'REASON', value: ({ reason }) => reason },
        { title: 'DETAIL', value: ({ detail }) => detail ?? '-' },
        { title: 'TEXT', value: ({ json }) => json },
      ],
      words: ['data', 'dropped', id],
      limit: options.limit,
      empty: `build ${id} left out no rows, or is not done`,
    },
  )
}
