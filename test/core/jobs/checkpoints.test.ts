import { expect, it } from 'vitest'
import { attemptFolder } from '../../../core/jobs/artifacts.ts'
import { newestCheckpoint } from '../../../core/jobs/checkpoints.ts'
import type { Stage } from '../../../schemas/job.ts'
import { createTestPlatform } from '../support/test-platform.ts'

const job = 'job-00000000000000000001'
const attempt = (number: number): Stage['attempts'][number] => ({
  number,
  status: 'preempted',
  compute_job: `${job}-s0-a${number}`,
  resumed_from_step: 0,
  exit_code: 75,
  started_at: '2026-01-01T00:00:00.000Z',
})
const stage: Stage = {
  index: 0,
  algorithm: 'sft',
  status: 'running',
  planned_steps: 100,
  attempts: Array.from({ length: 10 }, (_, i) => attempt(i + 1)),
}

/** Stores checkpoints, `[attempt, step, complete]` each, between files that are none. */
async function stored(checkpoints: [number, number, boolean][]) {
  const platform = createTestPlatform()
  for (const [number, step, complete] of checkpoints) {
    const folder = `${attemptFolder(job, stage, number)}checkpoints/step_${step}/`
    await platform.blobs.put(`${folder}weights`, 'w', 'any')
    if (complete) await platform.blobs.put(`${folder}_COMPLETE`, '{}', 'any')
    await platform.blobs.put(`${attemptFolder(job, stage, number)}metrics/00000000.jsonl`, '', 'any')
  }
  return platform
}

it.each<[string, [number, number, boolean][], string | undefined]>([
  ['none', [], undefined],
  ['one without _COMPLETE', [[1, 20, false]], undefined],
  ['steps of more and fewer digits', [[1, 9, true], [1, 100, true], [1, 20, true]], '1/checkpoints/step_100/'], // biome-ignore format: one row
  ['an earlier attempt that came further', [[1, 40, true], [2, 20, true]], '1/checkpoints/step_40/'], // biome-ignore format: one row
  ['one step in attempts 2 and 10', [[2, 20, true], [10, 20, true]], '10/checkpoints/step_20/'], // biome-ignore format: one row
])('the newest checkpoint of %s', async (_, checkpoints, expected) => {
  const found = await newestCheckpoint(await stored(checkpoints), job, stage)
  expect(found?.key.split('/attempts/')[1]).toBe(expected)
})

it('is found without listing metrics', async () => {
  const platform = await stored([[1, 20, true]])
  const listed: string[] = []
  const blobs: typeof platform.blobs = {
    ...platform.blobs,
    async list(query) {
      const page = await platform.blobs.list(query)
      listed.push(...page.items.map(({ key }) => key))
      return page
    },
  }
  await newestCheckpoint({ blobs }, job, stage)
  expect(listed).toHaveLength(2)
})

it('one that an attempt saved at or behind the finding that stopped it does not count', async () => {
  const platform = await stored([[1, 20, true], [2, 40, true], [2, 60, true], [2, 80, true], [3, 30, true]]) // biome-ignore format: one row
  const stopped = { ...attempt(2), stopped_by: { anomaly: '0.2.non_finite.60', step: 60 } }
  const attempts = stage.attempts.map((each) => (each.number === 2 ? stopped : each))
  expect(await newestCheckpoint(platform, job, { ...stage, attempts })).toMatchObject({ step: 40 })
  expect(await newestCheckpoint(platform, job, stage)).toMatchObject({ step: 80 })
})
