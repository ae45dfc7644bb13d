import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Job } from '../schemas/job.ts'
import { percentile } from './percentile.ts'

const rate = 200
const seconds = 10
const drainSeconds = 600

/**
 * POST /v1/jobs at a fixed rate, open loop: a latency counts from the moment the request was due, so that a slow server cannot hide
 * its queue. Meanwhile the accepted jobs run, a few at a time; afterwards every one of them must have ended well.
 */
export default async function apiSubmit(): Promise<object> {
  const server = fork(new URL('instant-server.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const [{ url, token }] = (await once(server, 'message')) as [{ url: string; token: string }]
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const latencies: number[] = []
  const failures: string[] = []

  const submit = async (due: number) => {
    const response = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body: '{"recipe":"sample"}' })
    const text = await response.text()
    latencies.push(performance.now() - due)
    if (response.status !== 202) failures.push(text)
  }
  await submit(performance.now())
  latencies.length = 0

  const started = performance.now()
  const pending: Promise<void>[] = []
  for (let sent = 0; sent < rate * seconds; ) {
    const due = started + (sent * 1000) / rate
    if (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1))
    else {
      pending.push(submit(due))
      sent += 1
    }
  }
  await Promise.all(pending)
  const elapsed = (performance.now() - started) / 1000
  const ended = await countEnded(url, headers, rate * seconds + 1)
  server.disconnect()
  await once(server, 'exit')
  if (failures.length > 0) throw new Error(`${failures.length} requests failed; the first: ${failures[0]}`)
  return {
    rps: Math.round(latencies.length / elapsed),
    p50_ms: percentile(latencies, 0.5),
    p99_ms: percentile(latencies, 0.99),
    max_ms: percentile(latencies, 1),
    jobs: rate * seconds,
    ...ended,
    all_ended_after_s: Math.round((performance.now() - started) / 1000),
  }
}

async function countEnded(
  url: string,
  headers: Record<string, string>,
  expected: number,
): Promise<Record<string, number>> {
  const deadline = performance.now() + drainSeconds * 1000
  for (;;) {
    const counts = await countStatuses(url, headers)
    const ended = (counts.succeeded ?? 0) + (counts.failed ?? 0) + (counts.refused ?? 0)
    if (ended === expected) return counts
    if (performance.now() > deadline)
      throw new Error(`after ${drainSeconds} s not every job has ended: ${JSON.stringify(counts)}`)
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

async function countStatuses(url: string, headers: Record<string, string>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  let after = ''
  do {
    const response = await fetch(`${url}/v1/jobs?limit=500${after && `&after=${encodeURIComponent(after)}`}`, {
      headers,
    })
    const page = (await response.json()) as { items: Job[]; next: string | null }
    for (const job of page.items) {
      counts[job.status] = (counts[job.status] ?? 0) + 1
      if (job.reason) throw new Error(`${job.id} ended ${job.status}: ${job.reason.message}`)
    }
    after = page.next ?? ''
  } while (after !== '')
  return counts
}
