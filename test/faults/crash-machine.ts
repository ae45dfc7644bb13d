import { readFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { TrainerLaunch } from '../../core/jobs/trainer-launch.ts'
import type { ComputeRecord, Platform } from '../../core/platform/ports.ts'
import { steps } from '../../functions/steps/steps.ts'
import type { JobRun, StepName } from '../../schemas/steps.ts'
import { TrainSpec } from '../../schemas/trainer-contract.ts'
import { Crash } from '../core/support/crashing.ts'
import type { TestPlatform } from '../core/support/test-platform.ts'
import { createInstantCompute, finishTraining, saveCheckpoint } from '../support/instant-compute.ts'

export type Ending = 'preempted' | 'reclaimed' | 'diverged'

export interface MachineOptions {
  /** What is outside of our processes: trainers end there, and nothing there dies. */
  world: TestPlatform
  /** How the first trainers end; the others end well. */
  endings: readonly Ending[]
  /** After each move, with trainers still running. */
  moved: () => Promise<void>
}

const exits: Record<Ending, [code: number, reason: string]> = {
  preempted: [75, 'Essential container in task exited'],
  reclaimed: [137, 'Host EC2 (instance i-1) terminated.'],
  diverged: [70, 'Essential container in task exited'],
}

/**
 * The moves of training-pipeline.asl.json, from its start, with the steps it calls. As every step may run twice, it may also be
 * started over where an execution would go on. Returns how it ended; a Crash of the process goes through.
 */
export async function runMachine(
  platform: Platform,
  request: JobRun,
  options: MachineOptions,
): Promise<'succeeded' | 'failed'> {
  try {
    await pipeline(platform, request, options)
    return 'succeeded'
  } catch (error) {
    if (error instanceof Crash) throw error
    const { name, message } = error as Error
    await steps['fail-job'](platform, { ...request, error: name, cause: message })
    return 'failed'
  }
}

async function pipeline(platform: Platform, request: JobRun, { world, endings, moved }: MachineOptions): Promise<void> {
  const step = async (name: StepName, more: object = {}) => {
    const answer = (await steps[name](platform, { ...request, ...more })) as Record<string, never>
    await moved()
    return answer as { pass?: boolean; stages?: number[]; evaluations?: string[]; verdict?: string; register?: boolean }
  }
  const first = await step('preflight-round1')
  const second = await step('preflight-round2')
  if (!first.pass || !second.pass) return void (await step('refuse-job', { by: 'preflight' }))
  for (const stage of (await step('issue-ticket')).stages ?? []) await train(stage)
  for (const evaluation of (await step('plan-evaluation')).evaluations ?? []) await generate(evaluation)
  const { verdict, register } = await step('decide-gate')
  if (verdict !== 'pass') return void (await step('refuse-job', { by: 'gate' }))
  if (register !== false) await step('register-model')

  async function train(stage: number): Promise<void> {
    for (;;) {
      const prepared = (await step('prepare-attempt', { stage })) as Prepared
      if (prepared.skip) return
      const record = await submit(prepared.launch)
      if (!record.stoppedAt) await trainer(prepared.launch, prepared.attempt, endings[prepared.attempt - 1])
      const outcome = await outcomeOf(prepared.launch.name)
      const { decision, reason } = (await step('conclude-attempt', { stage, attempt: prepared.attempt, outcome })) as Concluded // biome-ignore format: one call
      if (decision === 'done') return
      if (decision === 'fail') throw Object.assign(new Error(reason), { name: 'stage_failed' })
    }
  }

  async function generate(evaluation: string): Promise<void> {
    for (;;) {
      const prepared = (await step('prepare-generation', { evaluation })) as Prepared
      if (prepared.skip) return
      const { name } = prepared.launch
      const record = await submit(prepared.launch)
      if (!record.stoppedAt) {
        await createInstantCompute(world.clock).submit(computeJob(prepared.launch))
        await moved()
        world.compute.end(name, 0)
      }
      const outcome = await outcomeOf(name)
      const { decision, reason } = (await step('conclude-generation', { evaluation, name, outcome })) as Concluded
      if (decision === 'done') return
      if (decision === 'fail') throw Object.assign(new Error(reason), { name: 'evaluation_failed' })
    }
  }

  async function submit(launch: TrainerLaunch): Promise<ComputeRecord> {
    return platform.compute.submit(computeJob(launch))
  }

  async function trainer(launch: TrainerLaunch, attempt: number, ending: Ending | undefined): Promise<void> {
    const uri = launch.environment.find(({ Name }) => Name === 'SLUICE_SPEC_URI')?.Value ?? ''
    const spec = TrainSpec.parse(JSON.parse(await readFile(new URL(uri), 'utf8')))
    const folder = fileURLToPath(spec.output_uri)
    if (ending) {
      await saveCheckpoint(spec, folder, Math.min(attempt, spec.planned_steps - 1))
      await rm(`${folder}manifest.json`)
    } else await finishTraining(spec, folder)
    await moved()
    const [code, reason] = ending ? exits[ending] : [0, '']
    world.compute.end(launch.name, code, reason)
  }

  async function outcomeOf(name: string): Promise<object> {
    const record = await world.compute.describe(name)
    if (record?.exitCode === 0) return { succeeded: true }
    const cause = { StatusReason: record?.statusReason ?? '', Container: { ExitCode: record?.exitCode } }
    return { error: 'States.TaskFailed', cause: JSON.stringify(cause) }
  }
}

type Prepared = { skip: true } | { skip: false; attempt: number; launch: TrainerLaunch }
type Concluded = { decision: 'done' | 'retry' | 'fail'; reason?: string }

function computeJob({ name, definition, timeoutSeconds, environment }: TrainerLaunch) {
  return {
    name,
    definition,
    timeoutSeconds,
    environment: Object.fromEntries(environment.map(({ Name, Value }) => [Name, Value])),
  }
}
