import { randomUUID } from 'node:crypto'
import type { Writable } from 'node:stream'
import { readEnvironment } from '../../adapters/aws/config.ts'
import { createPlatform } from '../../adapters/aws/platform.ts'
import { createApiHandler } from '../../functions/lambda/api-handler.ts'
import { createEventHandler } from '../../functions/lambda/event-handler.ts'
import type { Entry, LambdaContext } from '../../functions/lambda/invocation.ts'
import { createStepHandler } from '../../functions/lambda/step-handler.ts'
import { createStreamHandler, type StartResponse } from '../../functions/lambda/stream-handler.ts'
import { deployable } from '../../functions/manifest.ts'

const workerEntry = new URL('../../functions/worker/thread.ts', import.meta.url)

export interface LoggedLine {
  /** Of the function that wrote it. */
  function: string
  text: string
}

export interface Invoked {
  function: string
  request: string
}

/** The functions as Lambda has them: each over a platform of its own that knows only what its environment says. */
export function createFunctions(environments: Map<string, Record<string, string>>, startResponse: StartResponse) {
  const lines: LoggedLine[] = []
  const invoked: Invoked[] = []
  const handlers = new Map([...environments].map(([name, variables]) => [name, handlerOf(variables)]))

  return {
    lines,
    invoked,
    /** Rejects with what the function throws. */
    async invoke(name: string, event: unknown, stream?: Writable): Promise<unknown> {
      const handler = handlers.get(name)
      if (!handler) throw new Error(`the stacks deploy no function "${name}"`)
      const request = randomUUID()
      invoked.push({ function: name, request })
      return handler(event, { awsRequestId: request }, stream)
    },
  }

  function handlerOf(variables: Record<string, string>) {
    const environment = readEnvironment(variables)
    const { SLUICE_FUNCTION: name, SLUICE_STAGE: stage } = environment
    const write = (text: string) => lines.push({ function: name, text })
    return create({ name, stage, platform: createPlatform(environment, { workerEntry }), write }, startResponse)
  }
}

type Handler = (event: unknown, context: LambdaContext, stream?: Writable) => Promise<unknown>

function create(entry: Entry, startResponse: StartResponse): Handler {
  switch (deployable(entry.name).family) {
    case 'api':
      return createApiHandler(entry)
    case 'steps':
      return createStepHandler(entry)
    case 'events':
      return createEventHandler(entry)
    case 'stream': {
      const handle = createStreamHandler(entry, startResponse)
      return (event, context, stream) => handle(event, stream as Writable, context)
    }
    default:
      throw new Error(`${entry.name} is not invoked here`)
  }
}
