import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readArchitecture } from '../../cli/model-architecture.ts'
import { architectureOf } from '../../core/preflight/architecture.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startStub } from './stub-server.ts'
import { sluice } from './test-io.ts'

const qwen3 = {
  ...{ hidden_size: 1024, num_hidden_layers: 28, num_attention_heads: 16, num_key_value_heads: 8, head_dim: 128 },
  ...{ intermediate_size: 3072, vocab_size: 151_936, tie_word_embeddings: true, torch_dtype: 'bfloat16' },
}
const llama = {
  ...{ hidden_size: 4096, num_hidden_layers: 32, num_attention_heads: 32, intermediate_size: 11_008 },
  ...{ vocab_size: 32_000, dtype: 'float16' },
}

it.each([
  ['a grouped one with its own head size', qwen3, 596_049_920],
  ['a plain one', llama, 6_738_415_616],
  ['one that also sees', { model_type: 'x', text_config: llama }, 6_738_415_616],
])(
  '%s has the size that the server would read, and its published count but for a few norms',
  async (_, config, parameters) => {
    const text = JSON.stringify(config)
    expect(await readArchitecture(text)).toEqual(architectureOf(text))
    expect(Math.abs((await readArchitecture(text)).parameters / parameters - 1)).toBeLessThan(2e-5)
  },
)

it('goes to the server with the registration, from a file', async () => {
  const digest = 'a'.repeat(64)
  const file = join(tempDir(), 'config.json')
  writeFileSync(file, JSON.stringify(qwen3))
  const architecture = architectureOf(JSON.stringify(qwen3))
  const model = { id: 'q', uri: 's3://m/q/', digest, label: '', context_length: 4096, architecture }
  const { options, received } = await startStub(() => ({ body: model }))
  const argv = ['models', 'register-base', 'q', '--uri', 's3://m/q', '--digest', digest, '--context-length', '4096']
  const { code, out } = await sluice([...options, ...argv, '--architecture', file])
  expect([code, out]).toEqual([0, expect.stringContaining('0.60 billion parameters')])
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ architecture })
})

it.each([
  ['nothing.json', 'there is no such file'],
  ['{', 'not a JSON object'],
  ['{"layers": 2}', 'is no architecture'],
  ['{"num_hidden_layers": 2}', 'is no config.json of a decoder'],
])('%j is refused before anything is sent', async (given, why) => {
  const { options, received } = await startStub(() => ({ body: {} }))
  const argv = ['models', 'register-base', 'q', '--uri', 's3://m/q', '--digest', 'a'.repeat(64)]
  const { code, err } = await sluice([...options, ...argv, '--context-length', '4096', '--architecture', given])
  expect([code, received]).toEqual([1, []])
  expect(err).toContain(why)
})
