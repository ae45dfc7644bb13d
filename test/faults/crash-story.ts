import { cancelJob, resumeJob } from '../../core/jobs/control-job.ts'
import { findJob, listJobs } from '../../core/jobs/job-store.ts'
import { reconcile } from '../../core/jobs/reconcile.ts'
import { startExecution, stopExecution } from '../../core/jobs/run-execution.ts'
import { submitJob } from '../../core/jobs/submit-job.ts'
import { isFault } from '../../core/platform/fault.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { ticketKey } from '../../core/preflight/subject.ts'
import { deployable } from '../../functions/manifest.ts'
import { restrictTo } from '../../functions/restrict-platform.ts'
import type { SubmitJob } from '../../schemas/job.ts'
import { Crash, type CrashPoint } from '../core/support/crashing.ts'
import { addDataset, anybody, prepareProject } from '../core/support/project.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { jsonl, suite } from '../support/sample-project.ts'
import { type Ending, runMachine } from './crash-machine.ts'
import { dyingPlatform } from './dying-platform.ts'

export interface Story {
  kind: 'training' | 'evaluation'
  endings: Ending[]
  /** Somebody cancels the job after so many moves. */
  cancelAfter?: number | undefined
  /** Somebody resumes it after its first end. */
  resumes?: boolean
  /** What becomes of an execution that was under way when our processes died. */
  fate: 'goes on' | 'times out'
}

export interface World {
  platform: TestPlatform
  /** Compute jobs that were submitted before their job had a ticket. */
  ticketless: string[]
  died: boolean
  effects: number
}

/** Everything that happens until the story ends, or until all our processes die at `point`. */
export async function tell(story: Story, point?: CrashPoint): Promise<World> {
  const platform = createTestPlatform()
  const ticketless: string[] = []
  await prepareProject(platform)
  if (story.kind === 'evaluation') await registerModel(platform)
  loseFirstRequests(platform)
  const { submit } = platform.compute
  platform.compute.submit = async (job) => {
    const owner = /^(job-\w+)-s/.exec(job.name)?.[1]
    if (owner && !(await platform.blobs.head(ticketKey(owner)))) ticketless.push(job.name)
    return submit(job)
  }
  const dying = dyingPlatform(platform, point)
  const asked = story.kind === 'training' ? { recipe: 'sample' } : { evaluate: 'sample-model@staging' }
  try {
    await live(platform, dying.platform, asked, story)
  } catch (error) {
    if (!(error instanceof Crash)) throw error
  }
  return { platform, ticketless, died: dying.died(), effects: dying.effects() }
}

/** A registered model, and a newer version of its suite, so that there is something to generate. */
async function registerModel(platform: TestPlatform): Promise<void> {
  await live(platform, platform, { recipe: 'sample' }, { kind: 'training', endings: [], fate: 'goes on' })
  await addDataset(platform, 'sample-suite', jsonl(suite.slice(1)))
}

async function live(world: TestPlatform, platform: Platform, asked: Partial<SubmitJob>, story: Story): Promise<void> {
  const { id } = await submitJob(platform, { datasets: {}, labels: {}, ...asked }, anybody)
  await run(world, platform, { job: id, run: 1 }, story)
  if (!story.resumes) return
  const resumed = await unlessRefused(() => resumeJob(platform, id, anybody))
  if (resumed) await run(world, platform, { job: id, run: 2 }, { ...story, cancelAfter: undefined })
}

async function run(world: TestPlatform, platform: Platform, request: { job: string; run: number }, story: Story) {
  let moves = 0
  await startExecution(platform, request)
  const moved = async () => {
    moves += 1
    if (moves === story.cancelAfter) await unlessRefused(() => cancelJob(platform, request.job, 'enough'))
  }
  const end = await runMachine(platform, request, { world, endings: story.endings, moved })
  world.workflows.end(`${request.job}-${request.run}`, end)
  await unlessRefused(() => stopExecution(platform, request))
}

async function unlessRefused<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    if (isFault(error, 'busy') || isFault(error, 'illegal_transition')) return undefined
    throw error
  }
}

/** The first request to end anything is lost, as requests are. */
function loseFirstRequests({ compute, workflows }: TestPlatform): void {
  const lost = new Set<string>()
  const { terminate } = compute
  const stop = workflows.stop.bind(workflows)
  const second = (name: string) => lost.has(name) || !lost.add(name)
  compute.terminate = async (name, reason) => (second(name) ? terminate(name, reason) : undefined)
  workflows.stop = async (name, reason) => (second(name) ? stop(name, reason) : undefined)
}

/** Reconciles until nothing is left to do while the world outside goes on; returns how many rounds it took. */
export async function reconcileToRest({ platform }: World, { fate }: Story): Promise<number> {
  for (let round = 1; round <= 20; round++) {
    const done = await reconcile(restrictTo(platform, deployable('reconcile')))
    const running = platform.workflows.started.filter(({ status }) => status === 'running')
    if (done.length === 0 && running.length === 0) return round
    // The reconciler sees things as they were left, too.
    if (round < 2) continue
    for (const { name, input } of running) {
      const request = input as { job: string; run: number }
      const job = await findJob(platform.table, request.job)
      // Nothing but a request ends the execution of a cancelled job, which may wait for days.
      if (fate === 'times out' && job?.status === 'cancelled') continue
      if (fate === 'times out') platform.workflows.end(name, 'timed_out')
      else platform.workflows.end(name, await runMachine(platform, request, { world: platform, endings: [], moved: async () => {} })) // biome-ignore format: one call
    }
  }
  throw new Error(`not at rest after 20 rounds: ${JSON.stringify(await reconcile(platform))}`)
}

/** All jobs, newest first. */
export async function everyJob({ platform }: World) {
  const { items } = await listJobs(platform.table, { limit: 100 })
  return Promise.all(items.map(async ({ id }) => (await findJob(platform.table, id)) ?? Promise.reject(id)))
}
