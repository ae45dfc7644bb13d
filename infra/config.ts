import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import * as z from 'zod'
import { explain } from './config-problems.ts'

/** CloudWatch keeps logs for one of these numbers of days; `never expires` is left out on purpose. */
const logRetentions = Object.values(RetentionDays).filter((days): days is RetentionDays => Number(days) <= 3653)

/** Of the job definition that makes large datasets, after the prefix of the stage. */
export const builderName = 'data-builder'

const trainer = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  image: z.string().regex(/^[a-z0-9][A-Za-z0-9._:/-]{0,400}@sha256:[0-9a-f]{64}$/),
  gpus: z.int().min(0).max(8),
  vcpus: z.int().min(1).max(192),
  memoryMib: z.int().min(512).max(2_000_000),
  sharedMemoryMib: z.int().min(64).max(1_000_000).optional(),
  gpuMemoryGb: z.number().positive().max(2_000).optional(),
  usdPerHour: z.number().positive().max(100_000).optional(),
})

/** What Fargate takes: for so many vCPUs, memory in MiB from, to, and in steps of. */
export const fargateMemory: Readonly<Record<number, readonly [from: number, to: number, step: number]>> = {
  1: [2048, 8192, 1024],
  2: [4096, 16_384, 1024],
  4: [8192, 30_720, 1024],
  8: [16_384, 61_440, 4096],
  16: [32_768, 122_880, 8192],
}

const dataBuilder = z.strictObject({
  image: trainer.shape.image,
  vcpus: z.literal([1, 2, 4, 8, 16]).default(4),
  memoryMib: z.int().min(2048).max(122_880).default(16_384),
  ephemeralGib: z.int().min(21).max(200).default(100),
})

const schema = z
  .strictObject({
    stage: z.string().regex(/^[a-z][a-z0-9-]{0,15}$/),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
      .optional(),
    retention: z.enum(['retain', 'destroy']).optional(),
    spot: z.boolean().default(true),
    instanceTypes: z
      .array(z.string().regex(/^(g[4-7][a-z]*|p[3-6][a-z]*)\.(\d{0,2}x?large|metal(-\d+xl)?)$/))
      .min(1)
      .default(['g5.xlarge', 'g5.2xlarge', 'g6.xlarge']),
    maxVcpus: z.int().min(1).max(10_000).default(64),
    diskGib: z.int().min(50).max(16_384).default(200),
    queueWaitMinutes: z.int().min(10).max(1440).default(60),
    alarmEmail: z.email().optional(),
    monthlyBudgetUsd: z.number().positive().optional(),
    jwt: z.strictObject({ issuer: z.url({ protocol: /^https$/ }), audience: z.string().min(1) }).optional(),
    console: z.boolean().default(false),
    logRetentionDays: z.literal(logRetentions).default(30),
    trainers: z.array(trainer).default([]),
    dataBuilder: dataBuilder.optional(),
  })
  .refine(keepsProd, { path: ['retention'], params: { rule: 'retain, because the stage is prod' }, when: isRecord })
  .refine(namesOnce, { path: ['trainers'], params: { rule: 'a list in which every name occurs once' }, when: isRecord })
  .refine(leavesBuilder, {
    path: ['trainers'],
    params: { rule: `a list in which no trainer has the name ${builderName}, which is that of the data builder` },
    when: isRecord,
  })
  .refine(fitsFargate, {
    path: ['dataBuilder', 'memoryMib'],
    params: { rule: `one of Fargate's sizes for its vcpus: ${written(fargateMemory)}` },
    when: isRecord,
  })
  .refine(hasDoor, {
    path: ['console'],
    params: { rule: 'false, or come with jwt: a browser cannot sign for IAM, so give issuer and audience' },
    when: isRecord,
  })
  .refine(hasReader, {
    path: ['monthlyBudgetUsd'],
    params: { rule: 'left out, or come with alarmEmail: a budget needs somebody to tell' },
    when: isRecord,
  })
  .transform(({ retention, ...given }) => ({
    ...defined(given),
    retention: retention ?? (given.stage === 'prod' ? ('retain' as const) : ('destroy' as const)),
  }))

/**
 * `retention`: `retain`, the data outlives its stack and its tables refuse deletion; `destroy`, it goes with the stack. `maxVcpus` holds
 * for each compute environment, spot and on-demand. `gpuMemoryGb`: of one GPU, and `usdPerHour`: of its machine on demand, are what
 * preflight knows of a trainer's machine. `queueWaitMinutes`: how long a job may wait at the head of its queue for a machine.
 * `dataBuilder`: the machine of dataset builds that are too large for a function; without it they are refused.
 */
export type Config = z.infer<typeof schema>
export type Trainer = z.infer<typeof trainer>
export type DataBuilder = z.infer<typeof dataBuilder>

/** Context key `sluice`: an object (cdk.json) or its JSON text (`-c sluice=...`). Throws an Error naming each wrong key. */
export function readConfig(context: unknown): Config {
  const given = parseText(context)
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const problems = result.error.issues.flatMap((issue) => explain(issue, given))
  throw new Error(['the CDK context does not configure Sluice', ...problems].join('\n  '))
}

type Given = Record<string, unknown>

function isRecord({ value }: { value: unknown }): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// The checks across keys see values that may be wrong themselves, so that every wrong key is named at once.
function keepsProd({ stage, retention }: Given): boolean {
  return stage !== 'prod' || retention !== 'destroy'
}

function namesOnce(given: Given): boolean {
  const names = trainersOf(given).map(({ name }) => name)
  return new Set(names).size === names.length
}

function leavesBuilder(given: Given): boolean {
  return !trainersOf(given).some(({ name }) => name === builderName)
}

function fitsFargate({ dataBuilder: given }: Given): boolean {
  const { vcpus = 4, memoryMib = 16_384 } = Object(given) as Partial<DataBuilder>
  const [from, to, step] = fargateMemory[vcpus] ?? []
  // A wrong number of vCPUs is named by itself.
  if (from === undefined || to === undefined || step === undefined) return true
  return memoryMib >= from && memoryMib <= to && (memoryMib - from) % step === 0
}

function written(sizes: typeof fargateMemory): string {
  return Object.entries(sizes)
    .map(([vcpus, [from, to, step]]) => `${vcpus}: ${from} to ${to} in steps of ${step}`)
    .join('; ')
}

function hasDoor({ console, jwt }: Given): boolean {
  return console !== true || jwt !== undefined
}

function hasReader({ monthlyBudgetUsd, alarmEmail }: Given): boolean {
  return monthlyBudgetUsd === undefined || alarmEmail !== undefined
}

function trainersOf({ trainers }: Given): Partial<Trainer>[] {
  return Array.isArray(trainers) ? trainers.filter((each) => typeof each === 'object' && each !== null) : []
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function defined<T extends object>(given: T): Defined<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>
}

function parseText(context: unknown): unknown {
  if (typeof context !== 'string') return context
  try {
    return JSON.parse(context)
  } catch {
    return context
  }
}
