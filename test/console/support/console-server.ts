import type { DatasetVersion } from '../../../schemas/dataset.ts'
import { startTestServer, type TestServer } from '../../support/local-server.ts'
import { ensureConsole } from './ensure-console.ts'

export interface ConsoleServer extends TestServer {
  url: string
  /** Signs in, as the link that the server prints does. */
  link: (path?: string) => string
}

/** The embedded server with a console that is built of the present sources. */
export async function startConsoleServer(): Promise<ConsoleServer> {
  await ensureConsole()
  const server = await startTestServer()
  const { url, token } = server.server
  return { ...server, url, link: (path = '/') => `${url}${path}#token=${token}` }
}

const topics = ['pears', 'plums', 'figs', 'limes']

/** Rows of several lengths and tasks, some of them twice. */
export function shopRows(from: number, to: number): object[] {
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index
    const topic = topics[number % topics.length]
    const details = Array.from({ length: number % 9 }, (_, step) => `Then weigh basket ${step + 1} of ${number}.`)
    return {
      id: `row-${number}`,
      task: number % 3 === 0 ? 'count' : 'weigh',
      prompt: `How do I sort ${number} ${topic}? ${details.join(' ')}`.trim(),
      completion: `Sort the ${topic} by size, ${number} at a time. ${details.toReversed().join(' ')}`.trim(),
    }
  })
}

/** Registers rows as the next version of a dataset. */
export async function register(
  { request }: Pick<TestServer, 'request'>,
  name: string,
  rows: object[],
  more: object = {},
): Promise<DatasetVersion> {
  const upload = await request('POST', '/v1/uploads')
  const content = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  await fetch(upload.body.url, { method: 'PUT', body: content })
  const { status, body } = await request('POST', `/v1/datasets/${name}/versions`, {
    upload: upload.body.upload,
    ...more,
  })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body
}
