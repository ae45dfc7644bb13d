import { describe, expect, it } from 'vitest'
import { findReport, loadReport, saveReport } from '../../../core/preflight/report.ts'
import { roundKey } from '../../../core/preflight/subject.ts'
import type { Check } from '../../../schemas/preflight.ts'
import { jobId } from '../support/subject.ts'
import { createTestPlatform } from '../support/test-platform.ts'

const of = { job: jobId, run: 1 }
const check = (status: Check['status']): Check => ({
  name: 'a_check',
  subject: 'data',
  status,
  value: 1,
  threshold: '0',
  message: 'measured',
  evidence: [],
})
const round1 = (...statuses: Check['status'][]) => ({
  round: 'round1' as const,
  checks: statuses.map(check),
  files: {},
})

describe('a preflight report', () => {
  it.each([
    [['pass', 'pass'], true],
    [['pass', 'warn'], true],
    [['pass', 'fail', 'pass'], false],
  ] as const)('with %j passes: %s', async (statuses, pass) => {
    expect(await saveReport(createTestPlatform(), of, round1(...statuses))).toMatchObject({ pass, job: jobId })
  })

  it('is written once: a repeat gets the report that counts, whatever it measured', async () => {
    const platform = createTestPlatform()
    const first = await saveReport(platform, of, round1('fail'))
    await platform.clock.advance(1000)
    expect(await saveReport(platform, of, round1('pass'))).toEqual(first)
    expect(await loadReport(platform, of, 'round1')).toEqual(first)
  })

  it('is one of many that race', async () => {
    const platform = createTestPlatform()
    const saved = await Promise.all([
      saveReport(platform, of, round1('fail')),
      saveReport(platform, of, round1('pass')),
    ])
    expect(saved[0]).toEqual(saved[1])
  })

  it('is made anew for a resumed job', async () => {
    const platform = createTestPlatform()
    await saveReport(platform, of, round1('pass'))
    expect(await findReport(platform, { job: jobId, run: 2 }, 'round1')).toBeUndefined()
    expect(await saveReport(platform, { job: jobId, run: 2 }, round1('fail'))).toMatchObject({ pass: false })
    expect(await loadReport(platform, of, 'round1')).toMatchObject({ pass: true })
  })

  it('that was not made is not found, and one that is damaged is corrupt', async () => {
    const platform = createTestPlatform()
    await expect(loadReport(platform, of, 'round2')).rejects.toMatchObject({ code: 'not_found' })
    await platform.blobs.put(roundKey(of, 'round2'), '{"pass": true}', 'any')
    await expect(loadReport(platform, of, 'round2')).rejects.toMatchObject({ code: 'corrupt' })
  })
})
