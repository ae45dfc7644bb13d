import * as z from 'zod'
import type { Algorithm } from './primitives.ts'

/** A call of a tool by the assistant, as OpenAI writes it. */
const ToolCall = z.strictObject({
  id: z.string().optional(),
  type: z.literal('function').default('function'),
  function: z.strictObject({ name: z.string().min(1), arguments: z.string().describe('JSON text') }),
})

/** A chat message. */
export const Message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  name: z.string().optional(),
  tool_calls: z.array(ToolCall).min(1).optional(),
  tool_call_id: z.string().optional(),
})

const Prompt = z.union([z.string().min(1), z.array(Message).min(1)])
const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** What any row may say of itself. */
const rowCommon = {
  id: z.string().optional(),
  task: z.string().optional().describe('gates are judged task by task'),
  template: z.string().optional().describe('id of the template that made it'),
  role: z.string().optional().describe('who speaks, for example a persona'),
  style: z.string().optional(),
  evidence: z.string().optional().describe('the text that a question is about'),
  needs_clarification: z.boolean().optional(),
  meta: z.record(z.string(), Scalar).optional().describe('carried along, never read'),
}

/** Canonical rows: what a dataset version stores, one JSON object per line. */
export const SftRow = z.strictObject({ ...rowCommon, prompt: Prompt, completion: z.string().min(1) })
export const MessagesRow = z.strictObject({ ...rowCommon, messages: z.array(Message).min(2) })
export const PreferenceRow = z.strictObject({
  ...rowCommon,
  prompt: Prompt,
  chosen: z.string().min(1),
  rejected: z.string().min(1),
})
/** Unpaired feedback (KTO): was this completion good? */
export const FeedbackRow = z.strictObject({
  ...rowCommon,
  prompt: Prompt,
  completion: z.string().min(1),
  label: z.boolean(),
})
export const AnswerRow = z.strictObject({
  ...rowCommon,
  prompt: Prompt,
  answer: z.string().min(1),
  rationale: z.string().optional().describe('the worked solution'),
})

/** Detection takes the first that fits: `feedback` before `sft`, whose fields it has too. */
export const rowFormats = {
  feedback: FeedbackRow,
  sft: SftRow,
  messages: MessagesRow,
  preference: PreferenceRow,
  answer: AnswerRow,
} as const
export type RowFormat = keyof typeof rowFormats

/** Which row formats each algorithm can train on. Evaluation suites are always `answer`. */
export const formatsOf: Record<Algorithm, readonly RowFormat[]> = {
  sft: ['sft', 'messages'],
  dpo: ['preference'],
  grpo: ['answer'],
}

export type Message = z.infer<typeof Message>
export type Prompt = z.infer<typeof Prompt>
export type Row = z.infer<(typeof rowFormats)[RowFormat]>
