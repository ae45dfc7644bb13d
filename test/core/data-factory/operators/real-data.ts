import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { gsm8k } from '../../support/gsm8k.ts'

/** The real data lies beside the project, where it is there at all. */
const folder = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url))

export const realDataIsHere = existsSync(folder)

interface HumanEvalProblem {
  prompt: string
  canonical_solution: string
}

export function humanEval(): HumanEvalProblem[] {
  const lines = gunzipSync(readFileSync(`${folder}HumanEval.jsonl.gz`))
    .toString()
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as HumanEvalProblem)
}

/** Question and answer of every problem. */
export function realTexts(): Record<'gsm8k' | 'math' | 'humaneval', string[]> {
  const math = JSON.parse(readFileSync(`${folder}math500_test.json`, 'utf8')) as { problem: string; solution: string }[]
  return {
    gsm8k: [...gsm8k('test'), ...gsm8k('train')].map(({ question, answer }) => `${question}\n${answer}`),
    math: math.map(({ problem, solution }) => `${problem}\n${solution}`),
    humaneval: humanEval().map((each) => each.prompt + each.canonical_solution),
  }
}
