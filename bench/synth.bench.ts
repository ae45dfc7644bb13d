import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { percentile } from './percentile.ts'

const runs = 3

/** What `cdk synth` runs: the command of cdk.json with its context, bundles included, into an empty folder. */
export default async function synth(): Promise<object> {
  const { app, context } = JSON.parse(await readFile('cdk.json', 'utf8')) as { app: string; context: object }
  const seconds: number[] = []
  let stacks = 0
  for (let run = 0; run < runs; run++) {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
    try {
      seconds.push(await synthesize(app, context, folder))
      stacks = (await readdir(folder)).filter((file) => file.endsWith('.template.json')).length
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  if (stacks === 0) throw new Error('the app wrote no template')
  return { seconds: percentile(seconds, 0.5), max_seconds: percentile(seconds, 1), stacks, runs }
}

async function synthesize(app: string, context: object, outdir: string): Promise<number> {
  const [, ...args] = app.split(' ')
  const started = performance.now()
  const child = spawn(process.execPath, args, {
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error(`the app ended with ${code}`)
  return Math.round((performance.now() - started) / 10) / 100
}
