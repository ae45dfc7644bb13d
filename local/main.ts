import { isFault } from '../core/platform/fault.ts'
import { readConfig } from './config.ts'
import { logToStderr } from './log.ts'
import { startServer } from './server.ts'

/** Runs the embedded server until SIGINT or SIGTERM. */
export async function main(): Promise<void> {
  try {
    const config = readConfig()
    const server = await startServer(config, logToStderr)
    process.stdout.write(
      `Sluice listens on ${server.url} (data in ${config.directory}, token in ${config.directory}/token)\nConsole: ${server.url}/#token=${server.token}\nData files dropped into ${config.directory}/drops/DATASET/ become versions of that dataset\n`,
    )
    let stopping = false
    const stop = () => {
      if (stopping) return
      stopping = true
      server.stop().then(
        () => process.exit(0),
        (error) => fail(error),
      )
    }
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  } catch (error) {
    fail(error)
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${linesOf(error as NodeJS.ErrnoException).join('\n')}\n`)
  process.exit(1)
}

function linesOf(error: NodeJS.ErrnoException): string[] {
  if (isFault(error))
    return [error.message, ...error.errors.map((each) => `  ${each.pointer}: ${each.message} ${each.remedy}`)]
  // What the file system refuses is no defect.
  if (error.syscall !== undefined && error.path !== undefined)
    return [`the data directory cannot be used: ${error.message}; mend that, or choose another with --data-dir`]
  return [String(error.stack)]
}

if (import.meta.main) await main()
