import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib/core'
import type { CloudAssembly } from 'aws-cdk-lib/cx-api'
import { addStacks, type Stacks } from '../../../infra/app.ts'

export interface Resource {
  Type: string
  Properties?: Record<string, unknown>
  DeletionPolicy?: string
}

export interface TemplateJson {
  Resources: Record<string, Resource>
}

export interface Synthesized {
  stacks: Stacks
  assembly: CloudAssembly
  /** By the last part of the stack's name: `data`, `compute`, ... */
  templates: Record<string, TemplateJson>
}

const digest = `@sha256:${'a'.repeat(64)}`

/** The configs under test. */
export const configs = {
  dev: {
    stage: 'dev',
    trainers: [
      {
        name: 'trl',
        image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/sluice/trl${digest}`,
        gpus: 1,
        vcpus: 4,
        memoryMib: 14_000,
      },
      {
        name: 'cpu',
        image: `ghcr.io/example/cpu:1${digest}`,
        gpus: 0,
        vcpus: 2,
        memoryMib: 4096,
        sharedMemoryMib: 256,
      },
    ],
    dataBuilder: {
      image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/sluice/data-builder${digest}`,
      vcpus: 8,
      memoryMib: 32_768,
      ephemeralGib: 150,
    },
  },
  prod: { stage: 'prod', region: 'eu-west-1' },
  full: {
    stage: 'full',
    spot: false,
    maxVcpus: 8,
    diskGib: 500,
    queueWaitMinutes: 10,
    logRetentionDays: 7,
    console: true,
    alarmEmail: 'ops@example.com',
    monthlyBudgetUsd: 100,
    jwt: { issuer: 'https://issuer.example.com', audience: 'sluice' },
  },
}

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }
const folder = mkdtempSync(join(tmpdir(), 'sluice-synth-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const made = new Map<string, Synthesized>()

/** The whole app of one config, synthesized once per process. */
export function synth(name: keyof typeof configs): Synthesized {
  const known = made.get(name) ?? build(configs[name])
  made.set(name, known)
  return known
}

function build(sluice: { stage: string }): Synthesized {
  const app = new App({ context: { ...context, sluice }, outdir: mkdtempSync(join(folder, 'app-')) })
  const stacks = addStacks(app)
  const assembly = app.synth()
  const templates = assembly.stacks.map(({ stackName, template }) => [
    stackName.slice(`sluice-${sluice.stage}-`.length),
    template as TemplateJson,
  ])
  return { stacks, assembly, templates: Object.fromEntries(templates) }
}

/** Every stack's template of every config: `dev data`, `dev compute`, ... */
export function everyTemplate(): [string, TemplateJson][] {
  return (Object.keys(configs) as (keyof typeof configs)[]).flatMap((name) =>
    Object.entries(synth(name).templates).map(([stack, template]): [string, TemplateJson] => [
      `${name} ${stack}`,
      template,
    ]),
  )
}

/** The resources of a type, by logical id. */
export function ofType(template: TemplateJson, type: string): [string, Record<string, unknown>][] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => [id, resource.Properties ?? {}])
}
