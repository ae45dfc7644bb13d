import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface LocalSluice {
  directory: string
  /** Runs a `sluice` command on this terminal; resolves to its exit code. */
  run(...command: string[]): Promise<number>
  /** Runs a `sluice --json` command and parses what it prints. */
  // biome-ignore lint/suspicious/noExplicitAny: the CLI prints whatever the operation answers.
  ask(...command: string[]): Promise<any>
  stop(): Promise<void>
}

const flags = ['--disable-warning=ExperimentalWarning']

/** The embedded server as a process of its own on `directory` and a free port, driven by the CLI as a user would. */
export async function startLocalSluice(directory: string): Promise<LocalSluice> {
  await mkdir(directory, { recursive: true })
  const log = await open(join(directory, 'server.log'), 'a')
  const env = { ...process.env, SLUICE_DATA_DIR: directory, SLUICE_PORT: '0' }
  const server = spawn(process.execPath, [...flags, 'local/main.ts'], { env, stdio: ['ignore', 'pipe', log.fd] })
  await listening(server, join(directory, 'server.log')).catch(async (error) => {
    server.kill('SIGTERM')
    await log.close()
    throw error
  })

  const cli = (command: string[]) => [...flags, 'cli/main.ts', '--data-dir', directory, ...command]
  return {
    directory,
    async run(...command) {
      const child = spawn(process.execPath, cli(command), { stdio: 'inherit' })
      const [code] = (await once(child, 'exit')) as [number | null]
      return code ?? 1
    },
    async ask(...command) {
      const { stdout } = await promisify(execFile)(process.execPath, cli(['--json', ...command]), {
        maxBuffer: 256 * 1024 * 1024,
      })
      return JSON.parse(stdout)
    },
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGTERM')
        await once(server, 'exit')
      }
      await log.close()
    },
  }
}

async function listening(server: ChildProcess, log: string): Promise<void> {
  await Promise.race([
    once(server.stdout as NodeJS.ReadableStream, 'data'),
    once(server, 'exit').then(([code]) => {
      throw new Error(`the server did not start (exit code ${code}); its log is ${log}`)
    }),
  ])
}
