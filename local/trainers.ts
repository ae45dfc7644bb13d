import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import type { ProgramDefinition } from '../adapters/embedded/compute-options.ts'
import { invalid } from '../core/platform/fault.ts'
import { parse } from '../core/platform/parse.ts'
import { Name } from '../schemas/primitives.ts'
import { tinyTrainerCommand } from './base-model.ts'
import type { TrainersFile } from './config.ts'
import { dataBuilderCommand } from './data-builder.ts'

const bytesPerGib = 2 ** 30

const EnvironmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and _, and start with no digit')
const Text = z.string().refine((text) => !text.includes('\0'), 'must not contain a NUL character')

const Trainer = z.strictObject({
  command: z.array(Text.min(1)).min(1).describe('a program and its arguments, never a shell line'),
  environment: z.record(EnvironmentName, Text).exactOptional(),
  gpus: z.int().min(0).max(64).exactOptional(),
  gpu_memory_gib: z.number().positive().max(10_000).exactOptional().describe('of one GPU'),
  usd_per_hour: z.number().min(0).max(100_000).exactOptional(),
})

const own = (): Record<string, ProgramDefinition> => ({
  'tiny-trainer': { command: tinyTrainerCommand() },
  'data-builder': { command: dataBuilderCommand() },
})

// By the name under which recipes ask for them.
const Trainers = z.record(
  Name.refine((name) => !Object.hasOwn(own(), name), 'is a name of Sluice itself: choose another'),
  Trainer,
)

/**
 * What every compute definition runs: those of Sluice, and those of the file where it is there. Fault `invalid` with everything
 * that is wrong in the file.
 */
export async function computeDefinitions(file: TrainersFile): Promise<Record<string, ProgramDefinition>> {
  const trainers = parse(Trainers, await readDocument(file), file.path)
  const added = Object.entries(trainers).map(([name, trainer]) => [name, definitionOf(trainer)] as const)
  return { ...Object.fromEntries(added), ...own() }
}

async function readDocument({ path, named }: TrainersFile): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !named) return {}
    const { message } = error as Error
    const remedy = named ? 'Correct SLUICE_TRAINERS or write that file.' : 'Make it readable, or remove it.'
    throw invalid(path, [{ pointer: '', code: 'unreadable', message, remedy }])
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = `is not JSON: ${(error as Error).message}`
    throw invalid(path, [{ pointer: '', code: 'not_json', message, remedy: 'Correct the syntax.' }])
  }
}

function definitionOf(trainer: z.infer<typeof Trainer>): ProgramDefinition {
  const { command, environment, gpus, gpu_memory_gib, usd_per_hour } = trainer
  return {
    command,
    ...(environment && { environment }),
    ...(gpus !== undefined && { gpus }),
    ...(gpu_memory_gib !== undefined && { gpuMemoryBytes: Math.round(gpu_memory_gib * bytesPerGib) }),
    ...(usd_per_hour !== undefined && { usdPerHour: usd_per_hour }),
  }
}
