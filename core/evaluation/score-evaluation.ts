import type { Evaluation, EvaluationSummary, ScoreLine } from '../../schemas/evaluation.ts'
import { GenerateManifest, ResponseLine } from '../../schemas/trainer-contract.ts'
import { readDataset } from '../datasets/read-dataset.ts'
import { sha256OfBlob } from '../platform/digest.ts'
import { Fault } from '../platform/fault.ts'
import { parseStored } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'
import { readLines } from '../platform/read-lines.ts'
import {
  changeEvaluation,
  evaluationFolder,
  getEvaluation,
  manifestKey,
  responsesKey,
  responsesName,
  scoresKey,
} from './evaluation-store.ts'
import { scoreResponse } from './exact-match.ts'

/**
 * Scores every response of a finished generation and keeps responses, scores and summary. Fault `corrupt` when the generation
 * misses items, answers another dataset, or its files are not those its manifest lists.
 */
export async function scoreEvaluation(platform: Pick<Platform, 'table' | 'blobs'>, id: string): Promise<Evaluation> {
  const evaluation = await getEvaluation(platform.table, id)
  if (evaluation.status === 'scored') return evaluation
  const manifest = await verifiedManifest(platform, evaluation)
  const expected: string[] = []
  for await (const { row } of readDataset(platform.blobs, evaluation.suite.dataset))
    expected.push('answer' in row ? row.answer : '')

  const scores: ScoreLine[] = []
  let truncated = 0
  for await (const line of readLines(platform.blobs.read(responsesKey(id)))) {
    const response = parseStored(ResponseLine, line.text, `${responsesKey(id)} line ${line.number}`)
    if (response.index !== line.number - 1)
      throw new Fault(
        'corrupt',
        `${responsesKey(id)} line ${line.number} answers item ${response.index}; items must be in order`,
      )
    if (response.finish_reason === 'length') truncated += 1
    scores.push(
      scoreResponse(evaluation.suite.scorer, {
        index: response.index,
        response: response.response,
        expected: expected[response.index] ?? '',
      }),
    )
  }
  if (scores.length !== expected.length)
    throw new Fault(
      'corrupt',
      `${id} answers ${scores.length} of ${expected.length} items; no verdict without all of them`,
    )

  const summary = summarise(scores, truncated, manifest.chat_template_digest)
  await platform.blobs.put(scoresKey(id), scores.map((score) => `${JSON.stringify(score)}\n`).join(''), 'any')
  await platform.blobs.put(
    `${evaluationFolder(id)}summary.json`,
    JSON.stringify({ suite: evaluation.suite, subject: evaluation.subject, summary }, null, 2),
    'any',
  )
  return changeEvaluation(platform.table, id, (current) =>
    current.status === 'scored' ? undefined : { ...current, status: 'scored', summary },
  )
}

function summarise(scores: ScoreLine[], truncated: number, chatTemplate: string): EvaluationSummary {
  const correct = scores.filter((score) => score.correct).length
  const answered = scores.filter((score) => score.extracted !== null).length
  return {
    n: scores.length,
    correct,
    accuracy: correct / scores.length,
    answered,
    truncated,
    chat_template_digest: chatTemplate,
  }
}

async function verifiedManifest(platform: Pick<Platform, 'blobs'>, evaluation: Evaluation): Promise<GenerateManifest> {
  const key = manifestKey(evaluation.id)
  const bytes = await platform.blobs.get(key)
  if (!bytes) throw new Fault('corrupt', `the generation of ${evaluation.id} ended without ${key}`)
  const manifest = parseStored(GenerateManifest, bytes, key)
  if (manifest.evaluation !== evaluation.id)
    throw new Fault('corrupt', `${key} is about evaluation ${manifest.evaluation}`)
  if (manifest.dataset_digest !== evaluation.suite.dataset.digest)
    throw new Fault(
      'corrupt',
      `${key} is about dataset ${manifest.dataset_digest}, not ${evaluation.suite.dataset.digest}`,
    )
  if (manifest.base_model.digest !== evaluation.subject.base_model.digest)
    throw new Fault('corrupt', `${key} is about base model ${manifest.base_model.digest}`)
  if (!Object.hasOwn(manifest.files, responsesName))
    throw new Fault('corrupt', `${key} does not list ${responsesName}: the responses may not be the generation's`)
  for (const [name, file] of Object.entries(manifest.files)) {
    const stored = await sha256OfBlob(platform.blobs, evaluationFolder(evaluation.id) + name)
    if (stored.sha256 !== file.sha256)
      throw new Fault(
        'corrupt',
        `${name} of ${evaluation.id} has sha256 ${stored.sha256}, its manifest says ${file.sha256}`,
      )
  }
  return manifest
}
