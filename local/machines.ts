import { readFile } from 'node:fs/promises'
import { loadMachine } from '../adapters/embedded/asl/load.ts'
import type { Machine } from '../adapters/embedded/asl/machine.ts'
import { type Deployable, manifest } from '../functions/manifest.ts'

const names = ['training-pipeline', 'dataset-build']

/** The state machines as they deploy, with the embedded runtime's substitutions. */
export async function loadMachines(): Promise<Machine[]> {
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(`../state-machines/${name}.asl.json`, import.meta.url), 'utf8')
      return loadMachine(name, JSON.parse(text), substitutions)
    }),
  )
}

/** `${PreflightRound1}` -> `preflight-round1`, for every step in the manifest. */
const substitutions: Record<string, string> = {
  ...Object.fromEntries(manifest.filter(isStep).map(({ name }) => [pascalCase(name), name])),
  // Child processes know no queues.
  SpotJobQueue: 'embedded',
  OnDemandJobQueue: 'embedded',
  DataJobQueue: 'embedded',
  JobDefinitionPrefix: '',
}

function isStep(deployable: Deployable): boolean {
  return deployable.trigger.kind === 'step'
}

function pascalCase(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
}
