import { readFileSync } from 'node:fs'
import { GenerateSpec, type TrainerSpec, TrainSpec } from '../../schemas/trainer-contract.ts'
import { reasonOf, TrainerExit } from './exit.ts'
import { pathOf } from './files.ts'

/** Reads and checks `spec.json`. Throws a `badInput` exit that lists every field that is wrong. */
export function readSpec(uri: string): TrainerSpec {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(pathOf(uri), 'utf8'))
  } catch (error) {
    throw new TrainerExit('badInput', [`spec ${uri} cannot be read: ${reasonOf(error)}`])
  }
  const mode = (json as { mode?: unknown } | null)?.mode
  const parsed = mode === 'generate' ? GenerateSpec.safeParse(json) : TrainSpec.safeParse(json)
  const problems = parsed.success
    ? foreignUris(parsed.data)
    : parsed.error.issues.map(({ path, message }) => `spec /${path.join('/')}: ${message}`)
  if (!parsed.success || problems.length > 0) throw new TrainerExit('badInput', problems)
  return parsed.data
}

function foreignUris(spec: TrainerSpec): string[] {
  const uris = {
    '/base_model/uri': spec.base_model.uri,
    '/dataset/uri': spec.dataset.uri,
    '/output_uri': spec.output_uri,
    '/adapter/uri': spec.adapter?.uri,
    '/adapter/manifest_uri': spec.adapter?.manifest_uri,
    '/resume_from/uri': spec.mode === 'train' ? spec.resume_from?.uri : undefined,
  }
  return Object.entries(uris).flatMap(([pointer, uri]) => {
    try {
      if (uri !== undefined) pathOf(uri)
      return []
    } catch (error) {
      return [`spec ${pointer}: ${reasonOf(error)}`]
    }
  })
}
