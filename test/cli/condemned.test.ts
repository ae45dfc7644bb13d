import { expect, it } from 'vitest'
import { render } from '../../cli/watch/render.ts'
import { at, attempt, failed, jobId, untilTraining } from './job-samples.ts'

it('of a job that a finding stopped: what to change comes before running it again', () => {
  const job = failed()
  const stopped_by = { anomaly: '0.1.kl_explosion.41', step: 41 }
  const stages = job.stages.map((each, i) =>
    i > 0 ? each : { ...each, attempts: [attempt({ status: 'failed', stopped_by })] },
  )
  const next = render({ job: { ...job, stages }, events: untilTraining, paces: new Map() }, at(90), 200)
  const commands = next.slice(next.indexOf('  next:') + 1).map((line) => line.trim().split(/ {2,}/)[0])
  expect(commands).toEqual([
    `sluice jobs health ${jobId}`,
    `sluice jobs metrics ${jobId}`,
    `sluice jobs failure-pack ${jobId}`,
    'sluice recipes publish RECIPE.yaml',
    `sluice jobs resume ${jobId}`,
  ])
  // A later attempt failed for another reason.
  const later = job.stages.map((each, i) =>
    i > 0 ? each : { ...each, attempts: [attempt({ stopped_by }), attempt({ number: 2 })] },
  )
  const own = render({ job: { ...job, stages: later }, events: untilTraining, paces: new Map() }, at(90), 200)
  expect(own.join('\n')).toContain('sluice jobs logs')
  expect(own.join('\n')).not.toContain('jobs health')
  const found = render(
    { job: { ...job, findings: ['0.1.kl_drift.5:high'] }, events: untilTraining, paces: new Map() },
    at(90),
    200,
  )
  expect(found.join('\n')).toMatch(/next:\n +sluice jobs health .*\n +sluice jobs logs /)
})
