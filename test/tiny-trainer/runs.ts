import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { writeSmallModel } from './small-model.ts'
import { createWorkspace, type Json, type Workspace } from './support.ts'

const optimizer = {
  learning_rate: 0.01,
  lr_scheduler_type: 'cosine',
  warmup_steps: 2,
  weight_decay: 0.01,
  lora: { r: 2, lora_alpha: 4 },
}

export const hyperparameters: Record<'sft' | 'dpo' | 'grpo', Json> = {
  sft: { ...optimizer, batch_size: 4, max_length: 32 },
  dpo: { ...optimizer, batch_size: 3, max_length: 32 },
  grpo: {
    ...optimizer,
    prompts_per_step: 2,
    num_generations: 4,
    max_completion_length: 6,
    max_prompt_length: 16,
    num_iterations: 2,
    rewards: [{ type: 'format', pattern: '[a-m].*', weight: 1 }],
  },
}

const words = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu', 'hen', 'ibis', 'jay']
export const rows: Record<'sft' | 'dpo' | 'grpo', Json[]> = {
  sft: words.map((word) => ({ prompt: `say ${word}`, completion: `${word}.` })),
  dpo: words.map((word) => ({ prompt: `say ${word}`, chosen: `${word}.`, rejected: 'no' })),
  grpo: words.map((word) => ({ prompt: `say ${word}`, answer: word })),
}

export type Stage = { workspace: Workspace; run(name: string, fields?: Json): { spec: string; output: string } }

/** A workspace on the small random model with a maker of training specs for one algorithm, 8 steps, checkpoints every 3. */
export function createStage(algorithm: 'sft' | 'dpo' | 'grpo'): Stage {
  const bare = createWorkspace()
  const workspace = createWorkspace(writeSmallModel(join(bare.folder, 'model')))
  const dataset = workspace.dataset('rows', rows[algorithm])
  return {
    workspace,
    run(name, fields = {}) {
      const { path, uri } = workspace.output(name)
      const base = {
        mode: 'train',
        algorithm,
        stage: 0,
        attempt: 1,
        planned_steps: 8,
        save_steps: 3,
        flush_seconds: 60,
      }
      const spec = workspace.spec({
        ...base,
        dataset,
        hyperparameters: hyperparameters[algorithm],
        output_uri: uri,
        ...fields,
      })
      return { spec, output: path }
    },
  }
}

/** The newest checkpoint of an output folder that has its `_COMPLETE`, as a spec's `resume_from`. */
export function newestCheckpoint(output: string): { uri: string; step: number } | undefined {
  const folder = join(output, 'checkpoints')
  if (!existsSync(folder)) return undefined
  const steps = readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, '_COMPLETE')))
    .map((name) => Number(name.slice('step_'.length)))
  if (steps.length === 0) return undefined
  const step = Math.max(...steps)
  return { uri: pathToFileURL(join(folder, `step_${step}`)).href, step }
}
