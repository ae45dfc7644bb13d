import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { getEvaluation } from '../../../core/evaluation/evaluation-store.ts'
import { scoreEvaluation } from '../../../core/evaluation/score-evaluation.ts'
import { type Conclusion, concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { planEvaluation } from '../../../core/jobs/evaluate-job.ts'
import { prepareGeneration } from '../../../core/jobs/generate-responses.ts'
import { type PreparedAttempt, prepareAttempt } from '../../../core/jobs/prepare-attempt.ts'
import { admitJob, runPreflight } from '../../../core/jobs/run-preflight.ts'
import type { Job } from '../../../schemas/job.ts'
import type { RecipeInput } from '../../../schemas/recipe.ts'
import { type TrainSpec, TrainSpec as TrainSpecSchema } from '../../../schemas/trainer-contract.ts'
import { createInstantCompute, finishTraining, type Instant } from '../../support/instant-compute.ts'
import { prepareProject, submitSample } from './project.ts'
import type { TestPlatform } from './test-platform.ts'

export const done = { code: 0, reason: '' }

/** A job of the sample project with its ticket. */
export async function admitted(platform: TestPlatform, change: Partial<RecipeInput> = {}): Promise<Job> {
  await prepareProject(platform, change)
  const job = await submitSample(platform)
  await admit(platform, job)
  return job
}

export async function admit(platform: TestPlatform, { id }: Job, run = 1): Promise<void> {
  const request = { job: id, run }
  await runPreflight(platform, request, 'round1')
  await runPreflight(platform, request, 'round2')
  await admitJob(platform, request)
}

/** The next attempt of a stage, with the spec that its trainer reads and the folder it writes to. */
export async function prepared(platform: TestPlatform, job: string, stage = 0, run = 1) {
  const attempt = await prepareAttempt(platform, { job, run, stage })
  const spec = await specOf(attempt)
  return { ...attempt, spec, folder: fileURLToPath(spec.output_uri) }
}

async function specOf(attempt: PreparedAttempt): Promise<TrainSpec> {
  const uri = attempt.launch.environment.find(({ Name }) => Name === 'SLUICE_SPEC_URI')?.Value ?? ''
  return TrainSpecSchema.parse(JSON.parse(await readFile(new URL(uri), 'utf8')))
}

/** Trains every stage to its end. */
export async function trained(platform: TestPlatform, job: Job, run = 1): Promise<void> {
  for (const { index } of job.stages) {
    const { spec, folder, attempt } = await prepared(platform, job.id, index, run)
    await finishTraining(spec, folder)
    const conclusion: Conclusion = await concludeAttempt(platform, {
      job: job.id,
      run,
      stage: index,
      attempt,
      exit: done,
    })
    if (conclusion.decision !== 'done') throw new Error(JSON.stringify(conclusion))
  }
}

/** Generates and scores both evaluations; the tuned model is right everywhere and the base nowhere, unless told. */
export async function evaluated(
  platform: TestPlatform,
  { id }: Job,
  answers?: Instant['answers'],
  run = 1,
): Promise<void> {
  const compute = createInstantCompute(platform.clock, answers ? { answers } : {})
  for (const evaluation of (await planEvaluation(platform, { job: id, run })).evaluations) {
    if ((await getEvaluation(platform.table, evaluation)).status === 'scored') continue
    const generation = await prepareGeneration(platform, { job: id, run, evaluation })
    if (generation.skip) continue
    const { name, definition, timeoutSeconds, environment } = generation.launch
    const variables = Object.fromEntries(environment.map(({ Name, Value }) => [Name, Value]))
    await compute.submit({ name, definition, timeoutSeconds, environment: variables })
    await scoreEvaluation(platform, evaluation)
  }
}
