import type { KeyObject } from 'node:crypto'
import type { Row } from '../../schemas/rows.ts'
import type { GenerateSpec, TrainerSpec, TrainSpec } from '../../schemas/trainer-contract.ts'
import { createSlot, type Slot } from './adamw.ts'
import { type LoadedAdapter, loadIncomingAdapter } from './adapter-files.ts'
import { type BaseModel, loadBaseModel } from './base-model.ts'
import { type Restored, readCheckpoint, restoreSlots } from './checkpoint.ts'
import { collectRows, loadRows } from './dataset.ts'
import { createDpo } from './dpo.ts'
import { toExample, toPair, toPrompt } from './examples.ts'
import { reasonOf, TrainerExit } from './exit.ts'
import { createGrpo } from './grpo.ts'
import { initialAdapter, type LoraShape } from './lora.ts'
import type { Objective, ObjectiveContext } from './objective.ts'
import { createReward } from './rewards.ts'
import { createSft } from './sft.ts'
import { ticketProblems } from './ticket.ts'

export type PreparedTraining = { base: BaseModel; slots: Slot[]; objective: Objective; startStep: number }
export type PreparedGeneration = { base: BaseModel; adapter: LoadedAdapter | undefined; prompts: number[][] }

/** Checks everything a training run reads and builds its objective. Throws one `badInput` exit with all problems. */
export function prepareTraining(spec: TrainSpec, publicKey: KeyObject): PreparedTraining {
  const { base, adapter, rows, problems } = loadCommon(spec, publicKey)
  const restored = readCheckpoint(spec, problems)
  const build = base ? objectiveBuilder(spec, base, rows, problems) : undefined
  if (adapter) problems.push(...shapeProblems(adapter.lora, spec.hyperparameters.lora))
  if (!base || !build || problems.length > 0) throw new TrainerExit('badInput', problems)

  const { lora } = spec.hyperparameters
  const reference = adapter?.slots ?? initialAdapter(base.config, lora, spec.seed)
  const slots = reference.map(({ name, shape, value }) => createSlot(name, shape, value.slice()))
  const policy = { config: base.config, base: base.weights, lora }
  const objective = build({ policy, tokenizer: base.tokenizer, seed: spec.seed, reference })
  if (restored) restore(slots, objective, restored)
  return { base, slots, objective, startStep: restored?.step ?? 0 }
}

/** Checks everything a generation run reads. Throws one `badInput` exit with all problems. */
export function prepareGeneration(spec: GenerateSpec, publicKey: KeyObject): PreparedGeneration {
  const { base, adapter, rows, problems } = loadCommon(spec, publicKey)
  const context = base?.config.max_position_embeddings ?? Number.POSITIVE_INFINITY
  const convert = (row: Row) => toPrompt(base!.tokenizer, row, Number.MAX_SAFE_INTEGER)
  const prompts = base ? collectRows(rows, convert, problems).map(({ ids }) => ids) : []
  const longest = Math.max(0, ...prompts.map(({ length }) => length))
  problems.push(...contextProblems(longest + spec.max_new_tokens, context, 'the longest prompt plus max_new_tokens'))
  if (!base || problems.length > 0) throw new TrainerExit('badInput', problems)
  return { base, adapter, prompts }
}

function loadCommon(spec: TrainerSpec, publicKey: KeyObject) {
  const problems = ticketProblems(spec, publicKey, new Date())
  const base = loadBaseModel(spec.base_model.uri, spec.base_model.digest, problems)
  const adapter = base && loadIncomingAdapter(spec, base.config, problems)
  const rows = loadRows(spec, problems)
  return { base, adapter, rows, problems }
}

/** Converts the rows for the spec's algorithm, appending problems, and returns the maker of its objective. */
function objectiveBuilder(spec: TrainSpec, { tokenizer, config }: BaseModel, rows: readonly Row[], problems: string[]) {
  const context = config.max_position_embeddings
  const fits = (longest: number, what: string) => problems.push(...contextProblems(longest, context, what))
  if (spec.algorithm === 'sft') {
    const { hyperparameters: hyper } = spec
    const examples = collectRows(rows, (row) => toExample(tokenizer, row, hyper.max_length), problems)
    fits(Math.max(0, ...examples.map(({ ids }) => ids.length)), 'the longest row')
    return (objective: ObjectiveContext): Objective => createSft(objective, examples, hyper)
  }
  if (spec.algorithm === 'dpo') {
    const { hyperparameters: hyper } = spec
    const pairs = collectRows(rows, (row) => toPair(tokenizer, row, hyper.max_length), problems)
    const lengths = pairs.flatMap(({ chosen, rejected }) => [chosen.ids.length, rejected.ids.length])
    fits(Math.max(0, ...lengths), 'the longest row')
    return (objective: ObjectiveContext): Objective => createDpo(objective, pairs, hyper)
  }
  const { hyperparameters: hyper } = spec
  const prompts = collectRows(rows, (row) => toPrompt(tokenizer, row, hyper.max_prompt_length), problems)
  const longest = Math.max(0, ...prompts.map(({ ids }) => ids.length))
  fits(longest + hyper.max_completion_length, 'the longest prompt plus max_completion_length')
  const reward = createReward(hyper.rewards)
  return (objective: ObjectiveContext): Objective => createGrpo(objective, prompts, hyper, reward)
}

function contextProblems(tokens: number, context: number, what: string): string[] {
  return tokens <= context ? [] : [`${what} takes ${tokens} tokens, more than the model's context of ${context}`]
}

function shapeProblems(found: LoraShape, wanted: LoraShape): string[] {
  const describe = ({ r, lora_alpha, target_modules }: LoraShape) =>
    `r ${r}, lora_alpha ${lora_alpha}, target_modules ${[...target_modules].sort().join(' ')}`
  if (describe(found) === describe(wanted)) return []
  return [`adapter: it has ${describe(found)}, but hyperparameters/lora asks for ${describe(wanted)}`]
}

function restore(slots: Slot[], objective: Objective, restored: Restored): void {
  try {
    restoreSlots(slots, restored)
    if (restored.objective) objective.restore(restored.objective)
  } catch (error) {
    throw new TrainerExit('badInput', [`resume_from: ${reasonOf(error)}`])
  }
}
