import { describe, expect, it } from 'vitest'
import type { MetricSeries } from '../../schemas/metrics.ts'
import { jobId } from './job-samples.ts'
import { branch, parted } from './metric-samples.ts'
import { problem, type Reply, startStub } from './stub-server.ts'
import { sluice } from './test-io.ts'

describe('names that nobody logged', () => {
  const logged = (...names: string[]) => names.map((name) => ({ name, native: `own/${name}`, unit: '' }))
  const server = (series: MetricSeries[], ...names: string[]) =>
    startStub(({ path }): Reply => {
      if (path.endsWith('/branches')) return { body: { branches: [branch({ names: logged(...names) })] } }
      if (path.includes('compare')) return { body: { jobs: [{ job: jobId, series }] } }
      return { body: { series: path.includes('buckets') ? series : [], next: null } }
    })
  const noted = 'there are: total_loss, kl_ref\n'

  it('are named, with those there are', async () => {
    const { options } = await server([parted('kl_ref', [1])], 'total_loss', 'kl_ref')
    const names = ['--names', 'kl_divergence,rewrad, own/total_loss']
    for (const words of [
      ['metrics', jobId],
      ['compare', jobId],
    ]) {
      const { code, err } = await sluice([...options, 'jobs', ...words, ...names])
      expect([code, err]).toEqual([0, expect.stringContaining(`1 metric not logged: "rewrad"; ${noted}`)])
    }
  })

  it('are not looked for where all were found, or nothing was logged', async () => {
    const whole = await server([parted('total_loss', [1]), parted('kl_ref', [1])])
    const { err } = await sluice([...whole.options, 'jobs', 'metrics', jobId, '--names', 'total_loss,kl_ref'])
    expect([err, whole.received.some(({ path }) => path.endsWith('/branches'))]).toEqual(['', false])
    const empty = await server([])
    const answer = await sluice([...empty.options, 'jobs', 'metrics', jobId, '--names', 'x'])
    expect(answer.err).toMatch(/^no such points; [^;]+\n$/)
  })
})

it('tells of options what is wrong with a query', async () => {
  const error = (pointer: string) => ({ pointer, code: 'x', message: 'is wrong', remedy: '' })
  const pointers = ['/query/start_step', '/query/attempt', '/end_step']
  const { options } = await startStub(() => problem('invalid', 422, 'the query', pointers.map(error)))
  const commands = [
    ['metrics', jobId],
    ['compare', jobId],
    ['export', jobId, '--format', 'csv'],
    ['metrics', jobId, '--json'],
  ]
  for (const [i, words] of commands.entries()) {
    const { code, err } = await sluice([...options, 'jobs', ...words])
    expect(code).toBe(1)
    if (i < 3) expect(err).toBe('error: the query\n  --from  is wrong\n  --attempt  is wrong\n  --to  is wrong\n')
    else expect(JSON.parse(err).errors).toHaveLength(3)
  }
})
