import { get, type IncomingMessage } from 'node:http'

export interface Viewers {
  url: string
  token: string
  job: string
  reading: number
  /** Ask, and take nothing. */
  stalled: number
}

const arrivals: Map<number, number>[] = []
let open = 0

/** Viewers of one job, each with its own connection, as a process of their own. Messages: who to be; `tell` asks for what came when. */
process.on('message', (message: Viewers | 'tell') => {
  if (message === 'tell') process.send?.(arrivals.map((each) => [...each]))
  else for (let i = 0; i < message.reading + message.stalled; i++) connect(message, i < message.reading)
})
process.once('disconnect', () => process.exit(0))

function connect({ url, token, job, reading, stalled }: Viewers, reads: boolean): void {
  const headers = { authorization: `Bearer ${token}` }
  get(`${url}/v1/jobs/${job}/live`, { headers, agent: false }, (response) => {
    open += 1
    if (open === reading + stalled) process.send?.('open')
    if (reads) read(response)
    else response.on('error', () => {}).pause()
  })
}

/** Notes the moment at which the first bytes of each update are here. */
function read(response: IncomingMessage): void {
  const seen = new Map<number, number>()
  arrivals.push(seen)
  let text = ''
  response.on('data', (bytes: Buffer) => {
    const now = Number(process.hrtime.bigint())
    text += bytes.toString('latin1')
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const step = /"steps":\[(\d+)/.exec(event)?.[1]
      if (step) seen.set(Number(step), now)
    }
  })
}
