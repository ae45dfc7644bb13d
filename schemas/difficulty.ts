import * as z from 'zod'

const FrozenFeature = z
  .strictObject({ values: z.array(z.number()).min(1), ranks: z.array(z.number().min(0).max(1)).min(1) })
  .refine(({ values, ranks }) => values.length === ranks.length, { message: 'values and ranks must have one length' })

export const FrozenTask = z.strictObject({
  rows: z.int().min(1).describe('of the source pool'),
  features: z
    .tuple([FrozenFeature, FrozenFeature, FrozenFeature, FrozenFeature, FrozenFeature, FrozenFeature, FrozenFeature])
    .describe('len, turns, hops, ents, ops, conn, clue_overlap: some values and their ranks (midrank - 0.5) / rows'),
  easy_below: z.number().describe('a row with a lower score is easy'),
  hard_above: z.number().describe('a row with a higher score is hard'),
})

/** All that it takes to say how hard a row is, from its text alone, as the source pool sees it. */
export const FrozenDifficulty = z.strictObject({
  definition: z.literal('sluice.difficulty/1'),
  tokens: z.string().describe('what counted the tokens of `len`; another counter gives other buckets'),
  tasks: z.record(z.string(), FrozenTask),
})

export type FrozenFeature = z.infer<typeof FrozenFeature>
export type FrozenTask = z.infer<typeof FrozenTask>
export type FrozenDifficulty = z.infer<typeof FrozenDifficulty>
