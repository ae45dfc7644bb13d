import * as z from 'zod'
import { Sha256 } from './primitives.ts'

export const DroppedSample = z.strictObject({
  source: z.string().describe('dataset@digest'),
  row: z.int().min(1).describe('in the source, from 1'),
  reason: z.string(),
  detail: z.string().optional().describe('what was found, for example the row that it repeats'),
  text: z.string().describe('beginning of the row'),
})

/** What one operator of a build did to the rows that reached it. */
export const OperatorReport = z.strictObject({
  operator: z.string(),
  config_digest: Sha256,
  rows_in: z.int().min(0),
  rows_out: z.int().min(0),
  changed: z.int().min(0).describe('rows that went on with other text'),
  reasons: z.record(z.string(), z.int().min(1)).describe('why rows were dropped or changed -> how many'),
  notes: z.array(z.string()).max(20).default([]).describe('what else it measured'),
  samples: z.array(DroppedSample).max(20),
  seconds: z.number().min(0).describe('of processor time, summed over workers'),
})

export type DroppedSample = z.infer<typeof DroppedSample>
export type OperatorReport = z.infer<typeof OperatorReport>
