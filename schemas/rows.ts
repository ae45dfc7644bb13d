import * as z from 'zod'
import type { Algorithm } from './primitives.ts'

/** A chat message. */
export const Message = z.strictObject({ role: z.enum(['system', 'user', 'assistant', 'tool']), content: z.string() })

const Prompt = z.union([z.string().min(1), z.array(Message).min(1)])
const rowCommon = { id: z.string().optional(), task: z.string().optional() }

/** Canonical rows: what a dataset version stores, one JSON object per line. */
export const SftRow = z.strictObject({ ...rowCommon, prompt: Prompt, completion: z.string().min(1) })
export const MessagesRow = z.strictObject({ ...rowCommon, messages: z.array(Message).min(2) })
export const PreferenceRow = z.strictObject({
  ...rowCommon,
  prompt: Prompt,
  chosen: z.string().min(1),
  rejected: z.string().min(1),
})
export const AnswerRow = z.strictObject({ ...rowCommon, prompt: Prompt, answer: z.string().min(1) })

export const rowFormats = { sft: SftRow, messages: MessagesRow, preference: PreferenceRow, answer: AnswerRow } as const
export type RowFormat = keyof typeof rowFormats

/** Which row formats each algorithm can train on. Evaluation suites are always `answer`. */
export const formatsOf: Record<Algorithm, readonly RowFormat[]> = {
  sft: ['sft', 'messages'],
  dpo: ['preference'],
  grpo: ['answer'],
}

export type Prompt = z.infer<typeof Prompt>
export type Row = z.infer<(typeof rowFormats)[RowFormat]>
