import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'

export interface Container {
  id: string
  start(): void
  isRunning(): boolean
  /** The signal reaches every process of the container. */
  kill(signal: NodeJS.Signals): void
  /** The exit code; 128 + n for a process that signal n ended. Resolves also for one that never started. */
  ended(): Promise<number>
  inspect(): object
  /** Docker's multiplexed frames, each line after its time. */
  logs(streams: { stdout: boolean; stderr: boolean }): Uint8Array
}

const SIGNALS: Partial<Record<NodeJS.Signals, number>> = { SIGKILL: 9, SIGTERM: 15, SIGINT: 2 }
const STREAMS = { stdout: 1, stderr: 2 }

/** A process in a group of its own, with nothing but PATH and the given variables around it. */
export function createContainer(options: { name: string; command: string[]; environment: string[] }): Container {
  const id = randomBytes(32).toString('hex')
  const frames: { stream: keyof typeof STREAMS; bytes: Buffer }[] = []
  const end = Promise.withResolvers<number>()
  let process: ChildProcess | undefined
  let exitCode: number | undefined

  function keep(stream: keyof typeof STREAMS, source: NodeJS.ReadableStream | null | undefined): void {
    let rest = ''
    source?.setEncoding('utf8')
    source?.on('data', (piece: string) => {
      const lines = `${rest}${piece}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) push(`${line}\n`)
    })
    source?.on('end', () => rest && push(rest))
    const push = (text: string) => frames.push({ stream, bytes: Buffer.from(`${new Date().toISOString()} ${text}`) })
  }

  return {
    id,
    start() {
      const [program = '', ...args] = options.command
      const env = Object.fromEntries(options.environment.map((each) => each.split(/=(.*)/s).slice(0, 2)))
      const child = spawn(program, args, {
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...env },
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      process = child
      keep('stdout', child.stdout)
      keep('stderr', child.stderr)
      const finish = (code: number) => {
        exitCode = code
        end.resolve(code)
      }
      child.once('error', () => finish(127))
      child.once('close', (code, signal) => finish(code ?? 128 + (SIGNALS[signal ?? 'SIGKILL'] ?? 0)))
    },
    isRunning: () => process !== undefined && exitCode === undefined,
    kill(signal) {
      if (process?.pid === undefined || exitCode !== undefined) return
      try {
        globalThis.process.kill(-process.pid, signal)
      } catch {
        // It ended between the look and the signal.
      }
    },
    ended: () => (process ? end.promise : Promise.resolve(0)),
    inspect() {
      const status = process === undefined ? 'created' : exitCode === undefined ? 'running' : 'exited'
      return {
        Id: id,
        Name: `/${options.name}`,
        Config: { Tty: false },
        State: { Status: status, Running: status === 'running', ExitCode: exitCode ?? 0 },
        HostConfig: { LogConfig: { Type: 'json-file', Config: {} } },
        NetworkSettings: { Networks: {} },
      }
    },
    logs(wanted) {
      return Buffer.concat(
        frames
          .filter(({ stream }) => wanted[stream])
          .flatMap(({ stream, bytes }) => {
            const header = Buffer.alloc(8)
            header.writeUInt8(STREAMS[stream], 0)
            header.writeUInt32BE(bytes.length, 4)
            return [header, bytes]
          }),
      )
    },
  }
}
