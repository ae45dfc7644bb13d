import type * as z from 'zod'

const allowed = {
  stage: '1 to 16 of a-z, 0-9 and -, a letter first, for example dev or prod',
  region: 'an AWS region such as eu-west-1, or left out to deploy where the credentials point',
  retention: 'retain or destroy, or left out: retain in stage prod, destroy elsewhere',
  spot: 'true or false',
  instanceTypes: 'a list of EC2 types with NVIDIA GPUs (g4 to g7, p3 to p6), for example ["g5.xlarge"]',
  maxVcpus: 'a whole number from 1 to 10000',
  diskGib: 'a whole number from 50 to 16384, in GiB',
  queueWaitMinutes: 'a whole number from 10 to 1440, in minutes (AWS Batch allows no other)',
  alarmEmail: 'an e-mail address, or left out',
  monthlyBudgetUsd: 'a number above 0, in US dollars, or left out',
  jwt: 'an object of issuer and audience, or left out',
  console: 'true or false',
  logRetentionDays:
    '1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653, in days',
  trainers: 'a list of objects, each with name, image, gpus, vcpus and memoryMib',
  dataBuilder: 'an object with image, or left out: then datasets too large for a function are not built',
}

const allowedInTrainer = {
  name: '1 to 63 of a-z, 0-9 and -',
  image: 'a container image pinned by its digest: repository@sha256: and 64 hexadecimal digits',
  gpus: 'a whole number from 0 to 8',
  vcpus: 'a whole number from 1 to 192',
  memoryMib: 'a whole number from 512 to 2000000, in MiB',
  sharedMemoryMib: 'a whole number from 64 to 1000000, in MiB, or left out: half of memoryMib',
}

const allowedInBuilder = {
  image: allowedInTrainer.image,
  vcpus: '1, 2, 4, 8 or 16',
  memoryMib: 'a whole number from 2048 to 122880, in MiB',
  ephemeralGib: 'a whole number from 21 to 200, in GiB',
}

const allowedInJwt = { issuer: 'an https URL', audience: 'a text' }

type Rules = Record<string, string>

/** What is wrong with the config, in one line for each wrong key: the key, its value and what it may be. */
export function explain(issue: z.core.$ZodIssue, given: unknown): string[] {
  const where = written(issue.path)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(where, key, rulesOf(issue.path)))
  const value = JSON.stringify(valueAt(given, issue.path)) ?? 'missing'
  if (issue.path.length === 0) return [`sluice is ${value}: it must be an object such as {"stage":"dev"}`]
  return [`${where} is ${value}: it must be ${crossRule(issue) ?? ruleOf(issue.path)}`]
}

function written(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${String(step)}`),
    'sluice',
  )
}

function rulesOf(path: readonly PropertyKey[]): Rules {
  if (path[0] === 'trainers' && path.length > 1) return allowedInTrainer
  if (path[0] === 'dataBuilder' && path.length > 0) return allowedInBuilder
  return path[0] === 'jwt' && path.length > 0 ? allowedInJwt : allowed
}

function ruleOf(path: readonly PropertyKey[]): string {
  const key = path.findLast((step) => typeof step === 'string') as string
  const inside = path.length > 1 && key !== path[0] ? rulesOf(path) : allowed
  if (path[0] === 'trainers' && path.length === 2) return 'an object with name, image, gpus, vcpus and memoryMib'
  return (inside as Rules)[key] ?? 'something else'
}

function crossRule(issue: z.core.$ZodIssue): string | undefined {
  return issue.code === 'custom' ? (issue.params?.rule as string | undefined) : undefined
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step], given)
}

function unknownKey(where: string, key: string, rules: Rules): string {
  const known = Object.keys(rules)
  const near = known.find((each) => isNear(each.toLowerCase(), key.toLowerCase()))
  return `${where} has no key ${key}: ${near ? `did you mean ${near}? The` : 'the'} keys are ${known.join(', ')}`
}

/** One letter added, dropped, changed, or swapped with its neighbour. */
function isNear(wanted: string, given: string): boolean {
  const start = [...wanted].findIndex((letter, at) => letter !== given[at])
  if (start === -1) return given.length <= wanted.length + 1
  const [a, b] = [wanted.slice(start), given.slice(start)]
  const swapped = `${a[1] ?? ''}${a[0]}${a.slice(2)}`
  return a.slice(1) === b.slice(1) || a === b.slice(1) || a.slice(1) === b || swapped === b
}
