import { readFile } from 'node:fs/promises'
import { architectureFrom, HuggingFaceConfig } from '../schemas/model-config.ts'
import { ModelArchitecture } from '../schemas/registry.ts'
import { ProblemError } from './problem-error.ts'

/** A model's architecture out of a file or JSON text: as the API has it, or a `config.json`. Throws ProblemError naming what is missing. */
export async function readArchitecture(fileOrJson: string): Promise<ModelArchitecture> {
  const isText = fileOrJson.trimStart().startsWith('{')
  const where = isText ? '--architecture' : fileOrJson
  const text = isText ? fileOrJson : await readText(fileOrJson)
  const content = parse(text, where)
  const isConfig = 'num_hidden_layers' in content || 'text_config' in content
  const found = isConfig
    ? HuggingFaceConfig.safeParse(content.text_config ?? content)
    : ModelArchitecture.safeParse(content)
  if (found.success) return 'num_hidden_layers' in found.data ? architectureFrom(found.data) : found.data
  throw ProblemError.local(
    'invalid',
    `${where} is no ${isConfig ? 'config.json of a decoder' : 'architecture'}`,
    found.error.issues.map(({ path, message, code }) => ({
      pointer: path.map((key) => `/${String(key)}`).join(''),
      code,
      message,
      remedy:
        'Give the config.json of the model, or {parameters, hidden_size, layers, attention_heads, kv_heads, ...}.',
    })),
  )
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message
    throw ProblemError.local('unreadable', `cannot read ${path}: ${why}`)
  })
}

function parse(text: string, where: string): Record<string, unknown> {
  const refuse = (why: string) => ProblemError.local('invalid', `${where} is not a JSON object: ${why}`)
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content === 'object' && content !== null && !Array.isArray(content))
      return content as Record<string, unknown>
  } catch (error) {
    throw refuse((error as Error).message)
  }
  throw refuse(`it begins with ${text.trimStart().slice(0, 20)}`)
}
