import { setImmediate } from 'node:timers/promises'
import { tree } from '@jax-js/jax'
import type { GenerateSpec, ResponseLine } from '../../schemas/trainer-contract.ts'
import { chunk } from './batches.ts'
import { chatTemplate } from './chat-template.ts'
import { compileDecoder } from './decode.ts'
import { TrainerExit } from './exit.ts'
import { sha256, writeFiles } from './files.ts'
import { compileMerge } from './lora.ts'
import type { PreparedGeneration } from './prepare.ts'
import { streams, uniform } from './random.ts'
import { framework, writeManifest } from './result.ts'
import { complete, replyText } from './sampling.ts'
import type { StatusFile } from './status.ts'

/** Rows decoded together. */
const batchRows = 64

/** Answers every prompt and writes `responses-00000.jsonl`, then the manifest. Throws a `preempted` exit when told to stop. */
export async function generate(
  spec: GenerateSpec,
  output: string,
  { base, adapter, prompts }: PreparedGeneration,
  status: StatusFile,
  isStopping: () => boolean,
): Promise<void> {
  const { config, tokenizer } = base
  const rows = Math.min(batchRows, prompts.length)
  const longest = Math.max(...prompts.map(({ length }) => length))
  const startDecoder = compileDecoder(config, rows, Math.ceil((longest + spec.max_new_tokens) / 8) * 8)
  const weights = adapter ? compileMerge(config, adapter.lora, base.weights)(adapter.slots) : tree.ref(base.weights)
  const lines: ResponseLine[] = []
  status.update({ status: 'running' })
  for (const part of chunk(prompts, rows)) {
    const first = lines.length
    const decoder = startDecoder(weights)
    const completions = complete(decoder, tokenizer, part, rows, {
      maxNewTokens: spec.max_new_tokens,
      temperature: spec.temperature,
      draw: (row, place) => uniform(spec.seed, streams.sampling, first + row, place),
    })
    decoder.dispose()
    for (const [row, completion] of completions.entries()) {
      lines.push({
        index: first + row,
        response: replyText(tokenizer, completion),
        finish_reason: completion.finished ? 'stop' : 'length',
        prompt_tokens: part[row]!.length,
        completion_tokens: completion.ids.length,
      })
    }
    console.log(`${lines.length}/${prompts.length} responses`)
    status.update({ current_step: lines.length })
    await setImmediate()
    if (isStopping() && lines.length < prompts.length) {
      status.update({ status: 'preempted' })
      throw new TrainerExit('preempted', ['stopped while generating; a new attempt starts over'])
    }
  }
  tree.dispose(weights)
  const files = writeFiles(output, {
    'responses-00000.jsonl': lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  })
  writeManifest(output, {
    contract: spec.contract,
    mode: 'generate',
    job: spec.job,
    evaluation: spec.evaluation,
    ...framework,
    base_model: { id: spec.base_model.id, digest: spec.base_model.digest },
    dataset_digest: spec.dataset.digest,
    items: lines.length,
    chat_template_digest: sha256(chatTemplate),
    files,
  })
  status.update({ status: 'completed' })
}
