import type { Command } from 'commander'
import type { OperationName } from '../schemas/api.ts'
import { readAnswer } from './answer.ts'
import { type Answer, type Client, createClient, type Input } from './client.ts'
import { dataDirectory, findServer, type ServerOptions } from './config.ts'
import type { Io } from './io.ts'
import { createPaint, type Paint } from './text/paint.ts'

export interface GlobalOptions extends ServerOptions {
  json?: boolean
}

/** What one command works with. */
export interface Context {
  io: Io
  json: boolean
  paint: Paint
  client: Client
  /** Absolute. */
  dataDirectory: string
  /** Of lists: the terminal's width, undefined when the output goes elsewhere. */
  tableColumns: number | undefined
  print(lines: readonly string[]): void
  /** For people, beside the output; nothing with --json. */
  note(line: string): void
  /** Calls the API; prints its JSON as it came (and returns nothing), or the lines made of it (and returns the answer). */
  show<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
    lines: (answer: Answer<Name>) => readonly string[],
  ): Promise<Answer<Name> | undefined>
}

export type ExitCode = 0 | 1 | 2
export type Handler<Options> = (context: Context, args: string[], options: Options) => Promise<ExitCode | undefined>
/** Makes a commander action of a handler. */
export type Act = <Options = object>(handler: Handler<Options>) => (this: Command) => Promise<void>

export function createAct(io: Io, finish: (code: ExitCode) => void): Act {
  return (handler) =>
    async function act(this: Command) {
      const context = createContext(io, this.optsWithGlobals())
      finish((await handler(context, this.processedArgs, this.opts() as never)) ?? 0)
    }
}

function createContext(io: Io, options: GlobalOptions): Context {
  const json = options.json === true
  const note = (line: string) => {
    if (!json) io.stderr(`${line}\n`)
  }
  const print = (lines: readonly string[]) => {
    if (lines.length > 0) io.stdout(`${lines.join('\n')}\n`)
  }
  const client = createClient(() => findServer(options, io.env), {
    clock: io.clock,
    onBusy: (seconds) => note(`the server is busy; trying again in ${Math.round(seconds)} s`),
  })
  return {
    io,
    json,
    client,
    paint: createPaint(io),
    dataDirectory: dataDirectory(options, io.env),
    tableColumns: io.isTTY ? io.columns : undefined,
    print,
    note,
    async show(name, input, lines) {
      const text = await client.send(name, input)
      if (json) {
        io.stdout(`${text}\n`)
        return undefined
      }
      const answer = readAnswer(name, text)
      print(lines(answer))
      return answer
    },
  }
}
