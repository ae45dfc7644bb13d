// A trainer that learns nothing: it honours the contract over S3, answers right as a tuned model and wrong as the base. With one seed it
// diverges, and goes on.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { exitCodes, type GenerateSpec, TrainerSpec, type TrainSpec } from '../../schemas/trainer-contract.ts'

const STEPS_PER_SEGMENT = 2
const SEGMENT_MS = 100
const DIVERGING = { seed: 13, step: 5 }

const s3 = new S3Client({})
let isStopped = false
process.once('SIGTERM', () => {
  isStopped = true
})
const spec = TrainerSpec.parse(JSON.parse(await read(process.env.SLUICE_SPEC_URI ?? '')))
console.log(`${spec.mode} for ${spec.job}`)
process.exitCode = await run()

async function run(): Promise<number> {
  const { payload, signature } = spec.ticket
  const key = createPublicKey(process.env.SLUICE_TICKET_PUBLIC_KEY ?? '')
  if (!verify(null, Buffer.from(payload), key, Buffer.from(signature, 'base64'))) return exitCodes.badInput
  return spec.mode === 'train' ? train(spec) : generate(spec)
}

async function train(task: TrainSpec): Promise<number> {
  let segment = 0
  for (let step = 1; step <= task.planned_steps; step += STEPS_PER_SEGMENT) {
    if (isStopped) return exitCodes.preempted
    const steps = Array.from({ length: STEPS_PER_SEGMENT }, (_, i) => step + i).filter((n) => n <= task.planned_steps)
    await write(
      `metrics/${String(segment).padStart(8, '0')}.jsonl`,
      steps.map((each) => metricLine(task, each)).join(''),
    )
    segment += 1
    await sleep(SEGMENT_MS)
  }
  const adapter = `adapter of ${task.job} stage ${task.stage}`
  await write('final/adapter_model.safetensors', adapter)
  const { stage, attempt, algorithm, recipe_digest, resume_from, planned_steps } = task
  const own = { stage, attempt, algorithm, recipe_digest, resumed_from_step: resume_from?.step ?? 0 }
  await writeManifest({ ...own, global_step: planned_steps }, { 'final/adapter_model.safetensors': adapter })
  return exitCodes.done
}

function metricLine({ seed }: TrainSpec, step: number): string {
  const isLost = seed === DIVERGING.seed && step >= DIVERGING.step
  const data = { total_loss: isLost ? 'NaN' : 1 / step, learning_rate: 1e-3 }
  return `${JSON.stringify({ step, ts: new Date().toISOString(), data })}\n`
}

async function generate({ adapter, dataset, evaluation }: GenerateSpec): Promise<number> {
  const rows = (await read(dataset.uri)).trim().split('\n')
  const lines = rows.map((text, index) => {
    const { answer } = JSON.parse(text) as { answer: string }
    const response = adapter ? `<answer>${answer}</answer>` : answer
    return `${JSON.stringify({ index, response, finish_reason: 'stop', prompt_tokens: 1, completion_tokens: 1 })}\n`
  })
  const responses = lines.join('')
  await write('responses-00000.jsonl', responses)
  const own = { evaluation, items: rows.length, chat_template_digest: digest('template').sha256 }
  await writeManifest(own, { 'responses-00000.jsonl': responses })
  return exitCodes.done
}

async function writeManifest(own: object, files: Record<string, string>): Promise<void> {
  const { contract, mode, job, base_model, dataset } = spec
  const manifest = {
    contract,
    mode,
    job,
    framework: 'end-to-end',
    framework_version: '1',
    base_model: { id: base_model.id, digest: base_model.digest },
    dataset_digest: dataset.digest,
    ...own,
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, digest(text)])),
  }
  await write('manifest.json', JSON.stringify(manifest))
}

async function read(uri: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand(placeOf(uri)))
  return (await Body?.transformToString()) ?? ''
}

async function write(name: string, Body: string): Promise<void> {
  await s3.send(new PutObjectCommand({ ...placeOf(`${spec.output_uri}${name}`), Body }))
}

function placeOf(uri: string): { Bucket: string; Key: string } {
  const { protocol, hostname, pathname } = new URL(uri)
  if (protocol !== 's3:') throw new Error(`${uri} is not in S3`)
  return { Bucket: hostname, Key: decodeURIComponent(pathname.slice(1)) }
}

function digest(text: string): { sha256: string; size: number } {
  return { sha256: createHash('sha256').update(text).digest('hex'), size: Buffer.byteLength(text) }
}
