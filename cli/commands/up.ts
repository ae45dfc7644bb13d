import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import { readServerFile } from '../config.ts'
import type { Act, Context, ExitCode } from '../context.ts'
import { addExample, wholeNumber } from './arguments.ts'

// By path, not by import: the CLI works without the server's code, for example against a server elsewhere.
const server = fileURLToPath(new URL('../../local/main.ts', import.meta.url))
const consolePage = fileURLToPath(new URL('../../console/dist/index.html', import.meta.url))
const consoleBuilder = fileURLToPath(new URL('../../scripts/build-console.ts', import.meta.url))

export function upCommand(program: Command, act: Act): void {
  const up = program
    .command('up')
    .description('run the embedded server in the foreground; Ctrl-C stops it, a second Ctrl-C at once')
    .addOption(
      new Option('--port <n>', 'port on 127.0.0.1, 0 for any free one (env SLUICE_PORT; else 7433)').argParser(
        wholeNumber(0, 65_535),
      ),
    )
    .action(act<{ port?: number }>((context, _args, { port }) => runServer(context, port)))
  addExample(up, 'sluice up --port 0 --data-dir /tmp/sluice')
}

/** Runs until the server ends. Its output passes through; with --json, stdout gets `{"url","pid"}` once it answers and nothing else. */
async function runServer(context: Context, port: number | undefined): Promise<ExitCode> {
  const { io, json, dataDirectory } = context
  await buildConsoleOnce(context)
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', server], {
    // Without a limit each worker thread gets heaps of its own from the C library, which keep memory for nothing.
    env: {
      MALLOC_ARENA_MAX: '2',
      ...io.env,
      SLUICE_DATA_DIR: dataDirectory,
      ...(port !== undefined && { SLUICE_PORT: String(port) }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own, so that Ctrl-C reaches it once: through here.
    detached: true,
  })
  child.stdout.setEncoding('utf8').on('data', json ? io.stderr : io.stdout)
  child.stderr.setEncoding('utf8').on('data', io.stderr)
  const unsubscribe = io.onInterrupt((signal) => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal))
  if (json) void announce(context, child)

  return new Promise((resolve) => {
    child.on('error', (error) => {
      unsubscribe()
      io.stderr(`error: the server could not be started: ${error.message}\n`)
      resolve(1)
    })
    child.on('close', (code, signal) => {
      unsubscribe()
      if (signal) io.stderr(`error: the server was ended by ${signal}\n`)
      resolve(code === 0 ? 0 : 1)
    })
  })
}

/** The first start after an installation builds the console. Without it the server runs as well, and its page says what is missing. */
async function buildConsoleOnce({ io }: Context): Promise<void> {
  if (existsSync(consolePage)) return
  io.stderr('building the web console, once ...\n')
  const builder = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', consoleBuilder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  builder.stderr.setEncoding('utf8').on('data', (piece) => (said += piece))
  const code = await new Promise((resolve) => builder.on('close', resolve).on('error', resolve))
  if (code !== 0) io.stderr(`the console could not be built, so there is none: ${said.slice(0, 2000)}\n`)
}

async function announce({ io, dataDirectory }: Context, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const found = await readServerFile(dataDirectory).catch(() => undefined)
    if (found?.pid === child.pid) return io.stdout(`${JSON.stringify(found)}\n`)
    await io.clock.sleep(50)
  }
}
