import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { App, Stack } from 'aws-cdk-lib/core'
import { expect, it } from 'vitest'
import { readConfig } from '../../infra/config.ts'
import { jobDefinition } from '../../infra/constructs/job-definition.ts'

const trainer = {
  name: 'trl',
  image: `registry.example.com/trl@sha256:${'a'.repeat(64)}`,
  gpus: 1,
  vcpus: 4,
  memoryMib: 14_000,
}

function tagsOf(change: object): Record<string, string> {
  const [configured] = readConfig({ stage: 'dev', trainers: [{ ...trainer, ...change }] }).trainers
  if (!configured) throw new Error('no trainer')
  const stack = new Stack(new App(), 'stack')
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
  const logGroup = new LogGroup(stack, 'Log')
  const props = { name: 'sluice-dev-trl', trainer: configured, jobRole: role, executionRole: role, logGroup }
  return jobDefinition(stack, 'Definition', props).tagsRaw as Record<string, string>
}

it('a definition tells preflight the memory of its GPU and the price of its machine, where the config says them', () => {
  expect(tagsOf({ gpuMemoryGb: 24, usdPerHour: 1.212 })).toEqual({
    'sluice:trainer': 'trl',
    'sluice:gpu-memory-gb': '24',
    'sluice:usd-per-hour': '1.212',
  })
  expect(tagsOf({})).toEqual({ 'sluice:trainer': 'trl' })
})

it.each([{ gpuMemoryGb: 0 }, { gpuMemoryGb: '24' }, { usdPerHour: -1 }])('refuses %j', (change) => {
  expect(() => tagsOf(change)).toThrow(/trainers\[0\]\.(gpuMemoryGb|usdPerHour)/)
})
