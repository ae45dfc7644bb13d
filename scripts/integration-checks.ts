import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobView } from '../schemas/job.ts'
import type { MetricSeries } from '../schemas/metrics.ts'
import { plannedSteps, replyFormat } from './integration-recipe.ts'
import type { LocalSluice } from './local-sluice.ts'

export interface CheckResult {
  name: string
  failures: string[]
}

const minInFormat = 0.5

/** The requirement's four tests over one run. Every failure is collected; none hides another. */
export async function checkRun(sluice: LocalSluice, id: string): Promise<CheckResult[]> {
  const job = (await sluice.ask('jobs', 'get', id)) as JobView
  const checks: [string, () => Promise<string[]>][] = [
    ['test_end_to_end_training_small_scale', () => endToEnd(sluice, job)],
    ['test_training_output_format', () => outputFormat(sluice, job)],
    ['test_reward_statistics_in_logs', () => rewardStatistics(sluice, job)],
    ['test_model_inference', () => inference(sluice, job)],
  ]
  const results: CheckResult[] = []
  for (const [name, check] of checks) {
    results.push({
      name,
      failures: await check().catch((error: Error) => [`the check itself failed: ${error.message}`]),
    })
  }
  return results
}

async function endToEnd(sluice: LocalSluice, job: JobView): Promise<string[]> {
  const failures: string[] = []
  if (job.status !== 'succeeded') failures.push(`the job ended ${job.status}: ${job.reason?.message}`)
  for (const stage of job.stages) {
    if (stage.step !== plannedSteps)
      failures.push(`stage ${stage.index} (${stage.algorithm}) reached step ${stage.step} of ${plannedSteps}`)
    const { lines } = await sluice.ask('jobs', 'logs', job.id, '--stage', String(stage.index), '--lines', '5000')
    const errors = (lines as string[]).filter((line) => line.includes('ERROR'))
    if (lines.length === 0) failures.push(`stage ${stage.index} has an empty log`)
    if (errors.length > 0) failures.push(`stage ${stage.index} logged: ${errors[0]}`)
  }
  return failures
}

async function outputFormat(sluice: LocalSluice, job: JobView): Promise<string[]> {
  const failures: string[] = []
  for (const stage of job.stages) {
    const folder = join(sluice.directory, 'blobs', stage.artifact?.key ?? 'absent', 'final')
    const adapter = join(folder, 'adapter_model.safetensors')
    const size = (await stat(adapter).catch(() => undefined))?.size ?? 0
    if (size === 0) {
      failures.push(`${adapter} is missing or empty`)
      continue
    }
    const bytes = await readFile(adapter)
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as Record<
      string,
      unknown
    >
    if (!Object.keys(header).some((name) => name.endsWith('lora_A.weight')))
      failures.push(`${adapter} holds no LoRA tensors`)
    const config = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8'))
    if (config.peft_type !== 'LORA' || !(config.r > 0))
      failures.push(`${folder}/adapter_config.json is not a LoRA configuration`)
  }
  return failures
}

async function rewardStatistics(sluice: LocalSluice, job: JobView): Promise<string[]> {
  const { series } = (await sluice.ask('jobs', 'metrics', job.id)) as { series: MetricSeries[] }
  const grpo = job.stages.find((stage) => stage.algorithm === 'grpo')?.index
  return ['reward_mean', 'reward_std', 'format_accuracy'].flatMap((name) => {
    const points = series.find((each) => each.stage === grpo && each.name === name)?.points ?? []
    const finite = points.filter(([, value]) => typeof value === 'number')
    return finite.length === plannedSteps
      ? []
      : [`${name} has ${finite.length} finite values, expected ${plannedSteps}`]
  })
}

async function inference(sluice: LocalSluice, job: JobView): Promise<string[]> {
  const evaluation = job.comparison?.candidate.evaluation
  if (!evaluation) return ['the tuned model was not evaluated: its adapter did not load']
  const { items } = (await sluice.ask('evaluations', 'responses', evaluation, '--limit', '1000')) as {
    items: { response: string }[]
  }
  const wanted = new RegExp(`^${replyFormat}$`, 'u')
  const inFormat = items.filter(({ response }) => wanted.test(response)).length
  if (items.length > 0 && inFormat / items.length >= minInFormat) return []
  return [
    `${inFormat} of ${items.length} replies have the right format, at least ${minInFormat * 100} % must; for example: ${JSON.stringify(items[0]?.response)}`,
  ]
}
