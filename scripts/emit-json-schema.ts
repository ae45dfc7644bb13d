import { mkdir, writeFile } from 'node:fs/promises'
import * as z from 'zod'
import { openApiDocument } from '../functions/api/openapi.ts'
import { TicketClaims } from '../schemas/ticket.ts'
import {
  CheckpointMarker,
  GenerateManifest,
  MetricLine,
  ResponseLine,
  TrainerSpec,
  TrainerStatus,
  TrainManifest,
} from '../schemas/trainer-contract.ts'

/** Every emitted file by its path: the trainer contract for Python, and the OpenAPI document. A test fails when one drifts. */
export function emittedFiles(): Record<string, string> {
  const contract = {
    'trainer-spec': TrainerSpec,
    'trainer-status': TrainerStatus,
    'metric-line': MetricLine,
    'response-line': ResponseLine,
    'checkpoint-marker': CheckpointMarker,
    'train-manifest': TrainManifest,
    'generate-manifest': GenerateManifest,
    'ticket-claims': TicketClaims,
  }
  const schemas = Object.entries(contract).map(([name, schema]) => [
    `schemas/json/${name}.json`,
    text(z.toJSONSchema(schema, { unrepresentable: 'any' })),
  ])
  return { ...Object.fromEntries(schemas), 'docs/openapi.json': text(openApiDocument()) }
}

function text(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

if (import.meta.main) {
  await mkdir('schemas/json', { recursive: true })
  for (const [path, content] of Object.entries(emittedFiles())) await writeFile(path, content)
}
