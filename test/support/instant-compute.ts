import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type * as z from 'zod'
import type { Clock, Compute, ComputeJob, ComputeRecord } from '../../core/platform/ports.ts'
import type { AnswerRow } from '../../schemas/rows.ts'
import { type GenerateSpec, TrainerSpec, type TrainSpec } from '../../schemas/trainer-contract.ts'

export interface Instant {
  /** What a training attempt does; `done` unless told. */
  train?: (spec: TrainSpec, folder: string) => Promise<Ending>
  /** Whether the subject answers this item right; the tuned model always and the base never, unless told. */
  answers?: (spec: GenerateSpec, index: number) => boolean
}
export interface Ending {
  exitCode: number
  reason?: string
}
export const done: Ending = { exitCode: 0 }

/**
 * A compute driver that honours the trainer contract without training: every job ends within its submit. For tests of the control
 * plane and for measuring its overhead.
 */
export function createInstantCompute(clock: Clock, behaviour: Instant = {}): Compute & { submitted: ComputeJob[] } {
  const records = new Map<string, Promise<ComputeRecord>>()
  const submitted: ComputeJob[] = []
  const runOnce = async (job: ComputeJob): Promise<ComputeRecord> => {
    submitted.push(job)
    const ending = await run(job, behaviour)
    const now = clock.now().toISOString()
    return {
      id: job.name,
      name: job.name,
      status: ending.exitCode === 0 ? 'succeeded' : 'failed',
      exitCode: ending.exitCode,
      statusReason: ending.reason ?? 'Essential container in task exited',
      createdAt: now,
      startedAt: now,
      stoppedAt: now,
    }
  }
  return {
    submitted,
    async submit(job) {
      const known = records.get(job.name) ?? runOnce(job)
      records.set(job.name, known)
      return known
    },
    async describe(name) {
      return records.get(name)
    },
    async listActive() {
      return []
    },
    async terminate() {},
    async describeDefinition() {
      return { freeDiskBytes: 100e9, image: null, gpus: 0, gpuMemoryBytes: null, usdPerHour: 0 }
    },
    async logTail(name) {
      return [`log of ${name}`]
    },
  }
}

async function run(job: ComputeJob, behaviour: Instant): Promise<Ending> {
  const spec = TrainerSpec.parse(JSON.parse(await readFile(new URL(job.environment.SLUICE_SPEC_URI ?? ''), 'utf8')))
  const folder = fileURLToPath(spec.output_uri)
  await mkdir(folder, { recursive: true })
  if (spec.mode === 'generate') return generate(spec, folder, behaviour)
  return behaviour.train ? behaviour.train(spec, folder) : finishTraining(spec, folder)
}

/** Logs the steps after the checkpoint up to `last`, and writes adapter and manifest when that is the plan's last step. */
export async function finishTraining(spec: TrainSpec, folder: string, last = spec.planned_steps): Promise<Ending> {
  const first = (spec.resume_from?.step ?? 0) + 1
  const line = (step: number) =>
    `${JSON.stringify({ step, ts: new Date(0).toISOString(), data: { total_loss: 1 / step, learning_rate: 1e-3 } })}\n`
  await mkdir(`${folder}metrics`, { recursive: true })
  const lines = Array.from({ length: last - first + 1 }, (_, i) => line(first + i))
  await writeFile(`${folder}metrics/00000000.jsonl`, lines.join(''))
  await mkdir(`${folder}final`, { recursive: true })
  const adapter = `adapter of ${spec.job} stage ${spec.stage}`
  await writeFile(`${folder}final/adapter_model.safetensors`, adapter)
  const manifest = {
    contract: spec.contract,
    mode: spec.mode,
    job: spec.job,
    stage: spec.stage,
    attempt: spec.attempt,
    algorithm: spec.algorithm,
    framework: 'instant',
    framework_version: '1',
    base_model: { id: spec.base_model.id, digest: spec.base_model.digest },
    recipe_digest: spec.recipe_digest,
    dataset_digest: spec.dataset.digest,
    resumed_from_step: spec.resume_from?.step ?? 0,
    global_step: last,
    files: { 'final/adapter_model.safetensors': digest(adapter) },
  }
  await writeFile(`${folder}manifest.json`, JSON.stringify(manifest))
  return done
}

/** Leaves a complete checkpoint, and the metrics up to its step. */
export async function saveCheckpoint(spec: TrainSpec, folder: string, step: number): Promise<void> {
  await finishTraining(spec, folder, step)
  const checkpoint = `${folder}checkpoints/step_${step}/`
  await mkdir(checkpoint, { recursive: true })
  await writeFile(`${checkpoint}_COMPLETE`, JSON.stringify({ step, files: {} }))
}

async function generate(spec: GenerateSpec, folder: string, behaviour: Instant): Promise<Ending> {
  const rows = (await readFile(new URL(spec.dataset.uri), 'utf8')).trim().split('\n')
  const answers = behaviour.answers ?? ((asked) => asked.adapter !== undefined)
  const lines = rows.map((text, index) => {
    const row = JSON.parse(text) as z.infer<typeof AnswerRow>
    const response = answers(spec, index) ? `<answer>${row.answer}</answer>` : row.answer
    return JSON.stringify({ index, response, finish_reason: 'stop', prompt_tokens: 1, completion_tokens: 1 })
  })
  const responses = `${lines.join('\n')}\n`
  await writeFile(`${folder}responses-00000.jsonl`, responses)
  const manifest = {
    contract: spec.contract,
    mode: spec.mode,
    job: spec.job,
    evaluation: spec.evaluation,
    framework: 'instant',
    framework_version: '1',
    base_model: { id: spec.base_model.id, digest: spec.base_model.digest },
    dataset_digest: spec.dataset.digest,
    items: rows.length,
    chat_template_digest: digest('template').sha256,
    files: { 'responses-00000.jsonl': digest(responses) },
  }
  await writeFile(`${folder}manifest.json`, JSON.stringify(manifest))
  return done
}

function digest(text: string): { sha256: string; size: number } {
  return { sha256: createHash('sha256').update(text).digest('hex'), size: Buffer.byteLength(text) }
}
