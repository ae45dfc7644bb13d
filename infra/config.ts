import * as z from 'zod'

const allowed = {
  stage: '1 to 16 of a-z, 0-9 and -, a letter first, for example dev or prod',
  region: 'an AWS region such as eu-west-1, or left out to deploy where the credentials point',
  retention: 'retain or destroy, or left out: retain in stage prod, destroy elsewhere',
}

const schema = z
  .strictObject({
    stage: z.string().regex(/^[a-z][a-z0-9-]{0,15}$/),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
      .optional(),
    retention: z.enum(['retain', 'destroy']).optional(),
  })
  .transform(({ stage, region, retention = stage === 'prod' ? 'retain' : 'destroy' }) => ({
    stage,
    retention,
    ...(region !== undefined && { region }),
  }))
  .refine(({ stage, retention }) => stage !== 'prod' || retention === 'retain', { path: ['retention'] })

/** `retain`: the data outlives its stack and its tables refuse deletion. `destroy`: the data goes with the stack. */
export type Config = z.infer<typeof schema>

/** Context key `sluice`: an object (cdk.json) or its JSON text (`-c sluice=...`). Throws an Error naming each wrong key. */
export function readConfig(context: unknown): Config {
  const given = parseText(context)
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => explain(issue, given))
  throw new Error(['the CDK context does not configure Sluice', ...problems].join('\n  '))
}

function parseText(context: unknown): unknown {
  if (typeof context !== 'string') return context
  try {
    return JSON.parse(context)
  } catch {
    return context
  }
}

function explain(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.code === 'unrecognized_keys')
    return `sluice has no key ${issue.keys.join(', ')}: the keys are ${Object.keys(allowed).join(', ')}`
  const key = issue.path[0] as keyof typeof allowed | undefined
  if (key === undefined)
    return `sluice is ${JSON.stringify(given) ?? 'missing'}: it must be an object such as {"stage":"dev"}`
  const value = JSON.stringify((given as Record<string, unknown>)[key]) ?? 'missing'
  const rule = issue.code === 'custom' ? 'retain, because the stage is prod' : allowed[key]
  return `sluice.${key} is ${value}: it must be ${rule}`
}
