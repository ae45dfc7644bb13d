import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { downloadFile } from '../../cli/download-file.ts'
import type { MetricSeries } from '../../schemas/metrics.ts'
import { tempDir } from '../support/temp-dir.ts'
import { jobId } from './job-samples.ts'
import { branch, last, parted } from './metric-samples.ts'
import { type Reply, startStub } from './stub-server.ts'
import { createTestIo, sluice } from './test-io.ts'

const other = 'job-0123456789abcdefghik'

/** Answers questions for parts with `series`, and those for one step with `lasts`. */
const metricsServer = (series: MetricSeries[], lasts: MetricSeries[]) =>
  startStub(({ path }): Reply => {
    const step = /start_step=(\d+)&end_step=\1/.exec(path)?.[1]
    const stage = Number(/stage=(\d+)/.exec(path)?.[1] ?? 0)
    const asked = lasts.filter((each) => each.stage === stage && each.points[0]?.[0] === Number(step))
    return { body: { series: path.includes('buckets') ? series : asked, next: null } }
  })

describe('jobs metrics', () => {
  it('shows extremes and last value of each series, exactly, and its shape', async () => {
    const series = [parted('total_loss', [4, 3, 2, 1]), parted('kl_ref', [0.1, 0.2], { unit: 'nats', stage: 1 })]
    const { options, received } = await metricsServer(series, [last('total_loss', 4, 1), last('kl_ref', 2, 0.2, 1)])
    const { code, out, err } = await sluice([...options, 'jobs', 'metrics', jobId])
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n').slice(0, 3)).toEqual([
      'STAGE  METRIC      UNIT  POINTS  STEPS  LAST  MIN  MAX  SHAPE',
      '    0  total_loss  -          4    1-4     1    1    4  █▆▃▁',
      '    1  kl_ref      nats       2    1-2   0.2  0.1  0.2  ▁█',
    ])
    expect(received.map(({ path }) => path.slice(path.indexOf('?')))).toEqual([
      '?buckets=24',
      '?stage=0&start_step=4&end_step=4',
      '?stage=1&start_step=2&end_step=2',
    ])
  })

  it('says loudly what is not finite, how much of it, and where it began', async () => {
    const broken = parted('total_loss', [2, 1, null, null])
    const { options } = await metricsServer([broken], [last('total_loss', 4, 'NaN')])
    const io = createTestIo({ isTTY: true, env: { TERM: 'xterm' } })
    const { out } = await sluice([...options, 'jobs', 'metrics', jobId], io)
    expect(out).toContain('\u001b[31m NaN\u001b[39m')
    expect(out).toContain('█▁!!')
    expect(out).toContain('\u001b[31m! stage 0 total_loss: not finite: 2 NaN of 4 values, first at step 3\u001b[39m')
  })

  it('marks a part that holds some values that are not finite beside others', async () => {
    const whole = parted('total_loss', [2, 1])
    const buckets = whole.buckets && { ...whole.buckets, count: [1, 3], negative_infinity: [0, 1], nan: [0, 1] }
    const { options } = await metricsServer([{ ...whole, buckets }], [])
    const { out } = await sluice([...options, 'jobs', 'metrics', jobId])
    expect(out).toMatch(/ 2 {2}▁!$/m)
    expect(out).toContain('1 NaN, 1 -Infinity of 4 values, first at step 2')
  })

  it('passes on what is asked for', async () => {
    const { options, received } = await metricsServer([parted('a', [1]), parted('b', [1])], [last('a', 1, 1)])
    const words = ['--names', 'a,b', '--stage', '0', '--attempt', '2', '--from', '1', '--to', '9', '--buckets', '40']
    await sluice([...options, 'jobs', 'metrics', jobId, ...words])
    expect(received[0]?.path).toContain('?names=a%2Cb&stage=0&attempt=2&start_step=1&end_step=9&buckets=40')
    expect(received[1]?.path).toContain('?names=a%2Cb&stage=0&attempt=2&start_step=1&end_step=1')
    expect(received).toHaveLength(2)
  })

  it('asks no more than 8 times for last values, however many ends there are', async () => {
    const many = Array.from({ length: 20 }, (_, i) =>
      parted(
        `m${i}`,
        Array.from({ length: i + 1 }, () => 1),
      ),
    )
    const ends = many.at(-1)?.buckets?.count
    ends?.splice(-1, 1, 2)
    const { options, received } = await metricsServer(many, [last('m0', 1, 1)])
    const { out } = await sluice([...options, 'jobs', 'metrics', jobId])
    expect(received).toHaveLength(9)
    // A part of one value says it by itself.
    expect(out).toMatch(/m18 +- +19 +1-19 +1 /)
    expect(out).toMatch(/m19 +- +21 +1-20 +- /)
  })

  it('says when there is nothing', async () => {
    const { options } = await metricsServer([], [])
    const { code, out, err } = await sluice([...options, 'jobs', 'metrics', jobId])
    expect([code, out, err]).toEqual([
      0,
      '',
      `nothing is logged yet; sluice jobs get ${jobId} shows how far the job is\n`,
    ])
    const narrowed = await sluice([...options, 'jobs', 'metrics', jobId, '--from', '9'])
    expect(narrowed.err).toBe(`no such points; sluice jobs branches ${jobId} shows what was logged\n`)
  })

  it.each([
    ['--buckets', '0'],
    ['--buckets', '5001'],
    ['--attempt', '0'],
    ['--from', 'x'],
  ])('refuses %s %s', async (...words) => {
    expect((await sluice(['jobs', 'metrics', jobId, ...words])).code).toBe(1)
  })
})

describe('jobs branches', () => {
  it('shows which steps of each attempt count, and what was odd in it', async () => {
    const junk = [{ segment: 2, line: 7, reason: 'no JSON', text: '{"step": 4' }]
    const branches = [
      branch({ junk_lines: 3, backward_steps: 2, type_changes: 1, refused_names: 3, junk }),
      branch({ attempt: 2, first_step: 41, last_step: 100, wins: { from: 41, to: 100 } }),
      branch({ attempt: 3, first_step: null, last_step: null, wins: null, rows: 0, points: 0 }),
    ]
    const { options } = await startStub(() => ({ body: { branches } }))
    const { out } = await sluice([...options, 'jobs', 'branches', jobId])
    expect(out.split('\n')).toEqual([
      'STAGE  ATTEMPT   STEPS  COUNTS  ROWS  POINTS  METRICS  ODD',
      '    0        1    1-60    1-40    60     120        0  3 bad lines, 2 backward steps, 1 not a number, 3 metrics too many',
      '    0        2  41-100  41-100    60     120        0  -',
      '    0        3       -    none     0       0        0  -',
      '  stage 0 attempt 1, segment 2 line 7: no JSON: {"step": 4',
      '  stage 0 attempt 1: 2 more bad lines, not kept',
      '',
    ])
  })
})

it('jobs sync says what was read', async () => {
  const { options } = await startStub(() => ({ body: { segments: 2, rows: 1, points: 8, last_step: 40 } }))
  const { out } = await sluice([...options, 'jobs', 'sync', jobId])
  expect(out).toBe('✓ 2 new segments, 1 row, 8 points; newest step 40\n')
})

it('jobs compare puts the jobs below each other, metric by metric, against the first', async () => {
  const jobs = [
    { job: jobId, series: [parted('total_loss', [4, 2]), parted('kl_ref', [1, null], { unit: 'nats' })] },
    { job: other, series: [parted('total_loss', [4, 1]), parted('reward_mean', [1, 3])] },
  ]
  const { options, received } = await startStub(() => ({ body: { jobs } }))
  const { out } = await sluice([...options, 'jobs', 'compare', jobId, other, '--stage', '0'])
  expect(received[0]?.path).toBe(`/v1/metrics/compare?stage=0&jobs=${jobId}%2C${other}&buckets=24`)
  expect(out.split('\n')).toEqual([
    'STAGE  METRIC       UNIT  JOB                       STEPS  END  AGAINST FIRST  SHAPE',
    `    0  total_loss   -     ${jobId}    1-2    2         +0.0 %  █▁`,
    `    0  total_loss   -     ${other}    1-2    1        -50.0 %  █▁`,
    `    0  kl_ref       nats  ${jobId}    1-2  NaN              -  ▁!`,
    `    0  reward_mean  -     ${other}    1-2    3         +0.0 %  ▁█`,
    `! ${jobId} stage 0 kl_ref: not finite: 1 NaN of 2 values, first at step 2`,
    '',
  ])
})

describe('jobs export', () => {
  const content = 'step,time,attempt,a\r\n1,,1,2\r\n'
  const server = async (rows = 1) => {
    const stub = await startStub(({ method, path }): Reply => {
      if (path.endsWith('/branches'))
        return { body: { branches: [branch({ names: [{ name: 'a', native: 'a', unit: '' }] })] } }
      if (method === 'GET') return { headers: { 'content-type': 'text/csv' }, body: content }
      const made = { url: `${stub.url}/file`, format: 'csv', rows, bytes: content.length }
      return { status: 201, body: made }
    })
    return stub
  }

  it('downloads the file and says what is in it', async () => {
    const { options, received } = await server()
    const out = join(tempDir(), 'm.csv')
    const words = ['--format', 'csv', '--out', out, '--names', 'a', '--from', '1']
    const answer = await sluice([...options, 'jobs', 'export', jobId, ...words])
    expect(answer).toMatchObject({ code: 0, out: `✓ ${out}: 1 row, 29 B\n` })
    expect(readFileSync(out, 'utf8')).toBe(content)
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ format: 'csv', names: 'a', start_step: 1 })
  })

  it('says that there are no such points, and which names there are none of', async () => {
    const { options } = await server(0)
    const words = ['--format', 'csv', '--output', join(tempDir(), 'm.csv'), '--names', 'a,lost']
    const { err } = await sluice([...options, 'jobs', 'export', jobId, ...words])
    expect(err).toContain('1 metric not logged: "lost"; there are: a\n')
    expect(err).toContain(`there are no such points; sluice jobs branches ${jobId} shows`)
  })

  it('never overwrites a file, unless told to', async () => {
    const { options } = await server()
    const out = join(tempDir(), 'm.csv')
    writeFileSync(out, 'mine')
    const command = [...options, 'jobs', 'export', jobId, '--format', 'csv', '--out', out]
    const refused = await sluice(command)
    expect([refused.code, readFileSync(out, 'utf8')]).toEqual([1, 'mine'])
    expect(refused.err).toContain(`${out} exists; choose another --output, or replace it with --force`)
    expect((await sluice([...command, '--force'])).code).toBe(0)
    expect([readFileSync(out, 'utf8'), existsSync(`${out}.part`)]).toEqual([content, false])
  })

  it('keeps the old file when the new one does not come', async () => {
    const stub = await startStub(({ method }): Reply => {
      if (method === 'GET') return { status: 404, body: 'gone' }
      return { status: 201, body: { url: `${stub.url}/file`, format: 'csv', rows: 1, bytes: 9 } }
    })
    const out = join(tempDir(), 'm.csv')
    writeFileSync(out, 'mine')
    const words = ['jobs', 'export', jobId, '--format', 'csv', '--out', out, '--force']
    expect((await sluice([...stub.options, ...words])).code).toBe(1)
    expect(readFileSync(out, 'utf8')).toBe('mine')
  })

  it('keeps the old file when the new one breaks off', async () => {
    const { url } = await server()
    const path = join(tempDir(), 'm.csv')
    writeFileSync(path, 'mine')
    const onProgress = () => {
      throw new RangeError('broken off')
    }
    const patience = { clock: createTestIo().clock }
    await expect(downloadFile(`${url}/file`, path, patience, { replace: true, onProgress })).rejects.toThrow(
      'broken off',
    )
    expect([readFileSync(path, 'utf8'), existsSync(`${path}.part`)]).toEqual(['mine', false])
  })

  it('shows how far it is on a terminal', async () => {
    const { options } = await server()
    const io = createTestIo({ isTTY: true, env: { NO_COLOR: '1' } })
    const out = join(tempDir(), 'm.csv')
    await sluice([...options, 'jobs', 'export', jobId, '--format', 'csv', '--out', out], io)
    expect(io.out).toContain('29 B of 29 B')
  })

  it('wants to know the format', async () => {
    expect(await sluice(['jobs', 'export', jobId])).toMatchObject({ code: 1, err: expect.stringContaining('--format') })
    expect((await sluice(['jobs', 'export', jobId, '--format', 'xlsx'])).code).toBe(1)
  })
})
