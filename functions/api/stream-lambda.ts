import type { Writable } from 'node:stream'
import { readEnvironment } from '../../adapters/aws/config.ts'
import { createPlatform } from '../../adapters/aws/platform.ts'
import type { LambdaContext } from '../lambda/invocation.ts'
import { createStreamHandler, type StartResponse } from '../lambda/stream-handler.ts'

/** Lambda's own global of the Node.js runtime. */
declare const awslambda: {
  streamifyResponse(handler: (event: unknown, stream: Writable, context: LambdaContext) => Promise<void>): unknown
  HttpResponseStream: { from: StartResponse }
}

// Nothing retries a stream: it ends itself after 55 s, or at an error, and the client comes back with the last id it saw.
const environment = readEnvironment()
export const handler = awslambda.streamifyResponse(
  createStreamHandler(
    {
      name: environment.SLUICE_FUNCTION,
      stage: environment.SLUICE_STAGE,
      platform: createPlatform(environment),
    },
    (stream, metadata) => awslambda.HttpResponseStream.from(stream, metadata),
  ),
)
