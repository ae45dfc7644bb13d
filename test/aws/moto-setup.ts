import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { ensureMoto } from '../../scripts/ensure-moto.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    moto: { endpoint: string } | { missing: string }
  }
}

const SERVER = fileURLToPath(new URL('moto-server.py', import.meta.url))
const START_MS = 60_000

/** One moto server for the whole project `aws`. Without Python its suites skip and say why; SLUICE_REQUIRE_MOTO=1 fails instead. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const moto = ensureMoto(fileURLToPath(new URL('../../.venv-moto', import.meta.url)))
  if ('missing' in moto) {
    if (process.env.SLUICE_REQUIRE_MOTO === '1') throw new Error(moto.missing)
    console.warn(`AWS contract suites are skipped: ${moto.missing}`)
    project.provide('moto', moto)
    return async () => {}
  }
  const server = spawn(moto.python, [SERVER])
  project.provide('moto', { endpoint: `http://${await firstLine(server)}` })
  return () => stop(server)
}

function firstLine(server: ChildProcessWithoutNullStreams): Promise<string> {
  let errors = ''
  server.stderr.on('data', (piece) => {
    errors = `${errors}${piece}`.slice(-4000)
  })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      server.kill('SIGKILL')
      reject(new Error(`moto did not start within ${START_MS / 1000} s:\n${errors}`))
    }, START_MS)
    createInterface({ input: server.stdout }).once('line', (line) => {
      clearTimeout(timer)
      resolve(line)
    })
    server.once('error', reject)
    server.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`moto ended with exit code ${code} before it listened:\n${errors}`))
    })
  })
}

async function stop(server: ChildProcessWithoutNullStreams): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.stdin.end()
  await ended
}
