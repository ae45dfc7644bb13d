import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** The real data lies beside the project, where it is there at all. */
const folder = fileURLToPath(new URL('../../../../shared/data/', import.meta.url))

export const gsm8kIsHere = existsSync(folder)

export interface Gsm8kRow {
  question: string
  answer: string
}

export function gsm8k(split: 'train' | 'test'): Gsm8kRow[] {
  const text =
    split === 'test'
      ? readFileSync(`${folder}gsm8k_test.jsonl`)
      : gunzipSync(readFileSync(`${folder}gsm8k_train.jsonl.gz`))
  return text
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Gsm8kRow)
}
