import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'

// A process of its own, as Lambda's is: `node invoke-bundle.ts DIRECTORY`, events as JSON on stdin, outcomes as JSON on stdout.
const [, , directory = ''] = process.argv
const events = JSON.parse(await text(process.stdin)) as unknown[]
const said: string[] = []
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = ((line: string) => said.push(line) > 0) as typeof process.stdout.write
Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: unknown) => Object.assign(handler as object, { streams: true }),
    HttpResponseStream: {
      from: (stream: PassThrough, metadata: object) => Object.assign(stream, { metadata }),
    },
  },
})

const { handler } = await import(join(directory, 'index.mjs'))
const outcomes: object[] = []
for (const event of events) {
  try {
    outcomes.push({ answer: await invoke(event) })
  } catch (error) {
    outcomes.push({ name: (error as Error).name, message: (error as Error).message })
  }
}
// The worker runs in threads only.
for (const name of readdirSync(directory).filter((each) => each !== 'worker.mjs')) await import(join(directory, name))
write(JSON.stringify({ outcomes, said }))

async function invoke(event: unknown): Promise<unknown> {
  const context = { awsRequestId: 'request-1' }
  if (!handler.streams) return handler(event, context)
  const stream = new PassThrough()
  const [body] = await Promise.all([text(stream), handler(event, stream, context)])
  return { ...(stream as unknown as { metadata: object }).metadata, body }
}
