import { openEvaluation, responsesKey, responsesName } from '../../../core/evaluation/evaluation-store.ts'
import { scoreEvaluation } from '../../../core/evaluation/score-evaluation.ts'
import { pinSuite } from '../../../core/evaluation/suite.ts'
import { sha256 } from '../../../core/platform/digest.ts'
import type { DatasetVersion } from '../../../schemas/dataset.ts'
import type { Evaluation, Suite } from '../../../schemas/evaluation.ts'
import { Scorer } from '../../../schemas/scorer.ts'
import { addDataset } from './project.ts'
import { jobId } from './subject.ts'
import type { TestPlatform } from './test-platform.ts'

export const items = 40

/** A suite of `items` questions whose answer is their number. */
export async function prepareSuite(platform: TestPlatform, name = 'quiz', max_new_tokens = 16): Promise<Suite> {
  const rows = Array.from({ length: items }, (_, i) =>
    JSON.stringify({ prompt: `which number is it, ${i}?`, answer: `${i}` }),
  )
  const version: DatasetVersion = await addDataset(platform, name, rows.join('\n'))
  const evaluation = { suite: name, dataset: name, scorer: Scorer.parse({ type: 'exact_match' }), max_new_tokens }
  return pinSuite({ evaluation, resources: { definition: 'gpu', timeout_seconds: 60 } }, version)
}

export interface Generation {
  /** Whether item i is answered right. */
  right: (index: number) => boolean
  template?: string
  /** Alters the manifest before it is stored. */
  manifest?: (manifest: Record<string, unknown>) => Record<string, unknown>
  /** Alters the response lines before they are stored. */
  lines?: (lines: object[]) => object[]
}

/** Opens the evaluation of a subject and stores what a trainer would have written for it. */
export async function generate(
  platform: TestPlatform,
  suite: Suite,
  model: string,
  generation: Generation,
): Promise<Evaluation> {
  const base_model = { id: 'tiny-llama', digest: sha256('the base model') }
  const adapter = {
    manifest_key: `${model}/manifest.json`,
    manifest_digest: sha256(model),
    final_key: `${model}/final/`,
  }
  const evaluation = await openEvaluation(platform, suite, { base_model, adapter }, jobId)
  const { right, template = 'chat', manifest = (same) => same, lines = (same) => same } = generation
  const answers = Array.from({ length: suite.dataset.rows }, (_, index) => ({
    index,
    response: right(index) ? `${index}` : 'no idea',
    finish_reason: 'stop',
    prompt_tokens: 1,
    completion_tokens: 1,
  }))
  const text = lines(answers)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
  await platform.blobs.put(responsesKey(evaluation.id), text, 'any')
  const document = manifest({
    contract: 'sluice.trainer/1',
    mode: 'generate',
    job: jobId,
    evaluation: evaluation.id,
    framework: 'test',
    framework_version: '1',
    base_model,
    dataset_digest: suite.dataset.digest,
    items: answers.length,
    chat_template_digest: sha256(template),
    files: { [responsesName]: { sha256: sha256(text), size: Buffer.byteLength(text) } },
  })
  await platform.blobs.put(`evaluations/${evaluation.id}/manifest.json`, JSON.stringify(document), 'any')
  return evaluation
}

/** A scored evaluation of a model that answers these items right. */
export async function scored(
  platform: TestPlatform,
  suite: Suite,
  model: string,
  right: (index: number) => boolean,
  template?: string,
): Promise<Evaluation> {
  const { id } = await generate(platform, suite, model, { right, ...(template && { template }) })
  return scoreEvaluation(platform, id)
}
