import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'

// Node that cannot strip types stands in for an older one: sluice.mjs asks for both.
const tooOld = '--no-experimental-strip-types'
const bin = new URL('../../cli/sluice.mjs', import.meta.url)

/** A project with sluice.mjs and, where given, an own node that is a shell script. */
function project(ownNode?: string) {
  const root = realpathSync(tempDir())
  mkdirSync(join(root, 'cli'))
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true })
  copyFileSync(bin, join(root, 'cli/sluice.mjs'))
  if (ownNode !== undefined) {
    writeFileSync(join(root, 'node_modules/.bin/node'), `#!/bin/sh\n${ownNode}\n`)
    chmodSync(join(root, 'node_modules/.bin/node'), 0o755)
  }
  return { root, bin: join(root, 'cli/sluice.mjs') }
}

function run(flags: string[], path: string, argv: string[], input = '') {
  const child = spawn(process.execPath, [...flags, path, ...argv], { stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  let err = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    err += text
  })
  child.stdin.end(input)
  const ended = new Promise<{ code: number | null; signal: string | null; out: string; err: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, out, err })),
  )
  return { child, ended, output: () => out }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('under a Node that is too old, sluice', () => {
  it("runs the project's own Node with the same arguments, stdin, stdout, stderr and exit code", async () => {
    const { bin, root } = project('printf "%s\\n" "$@"; cat; echo oops >&2; exit 2')
    const { code, out, err } = await run([tooOld], bin, ['jobs', 'list', '--label', 'a b'], 'from stdin').ended
    expect([code, err]).toEqual([2, 'oops\n'])
    expect(out).toBe(`--disable-warning=ExperimentalWarning\n${root}/cli/main.ts\njobs\nlist\n--label\na b\nfrom stdin`)
  })

  it('says what is missing and how to get it when that Node is not installed', async () => {
    const { bin, root } = project()
    const { code, out, err } = await run([tooOld], bin, ['jobs', 'list']).ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(
      `error: sluice needs Node 24; this is Node ${process.versions.node} and the project's own Node 24 is not installed. Run \`npm install\` in ${root}/ and try again.\n`,
    )
  })

  it('says so when that Node cannot be started', async () => {
    const { bin, root } = project('')
    chmodSync(join(root, 'node_modules/.bin/node'), 0o644)
    const { code, err } = await run([tooOld], bin, []).ended
    expect(code).toBe(1)
    expect(err).toMatch(/cannot be started: .*EACCES.*npm install/)
  })

  it('passes signals on, and ends by the signal that ended the other', async () => {
    const { bin } = project('trap "echo stopped; exit 7" TERM; echo ready; for i in $(seq 400); do sleep 0.05; done')
    const passing = run([tooOld], bin, [])
    await until(() => passing.output().includes('ready'))
    passing.child.kill('SIGTERM')
    expect(await passing.ended).toMatchObject({ code: 7, signal: null, out: 'ready\nstopped\n' })

    const dying = project('echo $$; exec sleep 60')
    const killed = run([tooOld], dying.bin, [])
    await until(() => killed.output().includes('\n'))
    process.kill(Number(killed.output()), 'SIGKILL')
    expect(await killed.ended).toMatchObject({ code: null, signal: 'SIGKILL' })
  })
})

it('under Node 24 it runs in the same process', async () => {
  const { bin, root } = project('exit 99')
  writeFileSync(
    join(root, 'cli/main.ts'),
    'export async function main(): Promise<void> { console.log(process.argv.slice(2)); process.exitCode = 5 }',
  )
  expect(await run([], bin, ['a', 'b']).ended).toMatchObject({ code: 5, out: "[ 'a', 'b' ]\n" })
})

it('the real command answers, from any folder', async () => {
  const { code, out, err } = await run(['--disable-warning=ExperimentalWarning'], realpathSync(bin.pathname), [
    '--version',
  ]).ended
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(existsSync(bin)).toBe(true)
})

it.skipIf(!existsSync('/dev/full'))('a full disk is one line on stderr and exit code 1', async () => {
  const full = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(full))
  const flags = ['--disable-warning=ExperimentalWarning', realpathSync(bin.pathname), '--help']
  const { status, stderr } = spawnSync(process.execPath, flags, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^error: the output cannot be written: ENOSPC.*\n$/)
})
