import { isHeldOut, type Problem, problems } from './arithmetic.ts'
import { renderPrompt, renderReply } from './chat-template.ts'
import { streams, uniform } from './random.ts'
import type { Tokenizer } from './tokenizer.ts'

const words = (
  'the a one small old red green river stone house tree bird cat dog door window letter number word line table cup ' +
  'sees takes gives finds keeps opens reads writes answers asks and then from to with under over near this that it is was'
).split(' ')
const tags = ['note', 'b', 'i', 'p', 'q', 'em', 'code', 'name', 'answer', 'line', 'word']

export type CorpusBatch = {
  tokens: Int32Array<ArrayBuffer>
  weights: Float32Array<ArrayBuffer>
  rows: number
  length: number
}

/** The pre-training corpus: problems that are not held out with bare answers, and unrelated lines with every character. */
export function createCorpus(tokenizer: Tokenizer, seed: number) {
  const all = problems()
  const kept = (list: Problem[]) => list.filter(({ text }) => !isHeldOut(text))
  const pools = [kept(all.add), kept(all.take), kept(all.double)] as const
  return {
    /** Tokens [rows, length + 1] and loss weights [rows, length] that sum to 1; every third batch is long and half as wide. */
    batch(step: number): CorpusBatch {
      const long = step % 3 === 0
      const length = long ? 40 : 24
      const rows = long ? 32 : 64
      const tokens = new Int32Array(rows * (length + 1)).fill(tokenizer.special.pad)
      const weights = new Float32Array(rows * length)
      for (let row = 0; row < rows; row++) {
        let draws = 0
        const draw = () => uniform(seed, streams.corpus, step, row * 4096 + draws++)
        const { ids, from } = (long ? longExample : shortExample)(draw)
        const used = ids.slice(0, length + 1)
        tokens.set(used, row * (length + 1))
        for (let t = Math.max(from, 1); t < used.length; t++) weights[row * length + t - 1] = 1
      }
      const total = weights.reduce((a, b) => a + b, 0)
      return { tokens, weights: weights.map((w) => w / total), rows, length }
    },
  }

  function shortExample(draw: () => number) {
    return draw() < 0.92 ? problem(draw) : line(draw, 24)
  }

  function longExample(draw: () => number) {
    return draw() < 0.65 ? taggedProblem(draw) : line(draw, 40)
  }

  function problem(draw: () => number) {
    const kind = draw()
    const pool = kind < 0.62 ? pools[0] : kind < 0.96 ? pools[1] : pools[2]
    const { text, answer } = pick(draw, pool)
    return chat(text, answer)
  }

  /** Teaches that an answer may stand inside markup when the prompt asks for it; never inside `<answer>`. */
  function taggedProblem(draw: () => number) {
    const tag = pick(
      draw,
      tags.filter((name) => name !== 'answer'),
    )
    const pool = draw() < 0.65 ? pools[0] : pools[1]
    const { text, answer } = pick(draw, pool)
    return chat(`${tag} ${text}`, `<${tag}>${answer}</${tag}>`)
  }

  function chat(prompt: string, reply: string) {
    const head = ids(renderPrompt(tokenizer, prompt))
    return { ids: [...head, ...ids(renderReply(tokenizer, reply, 'reply'))], from: head.length }
  }

  function line(draw: () => number, length: number) {
    const kind = draw()
    if (kind < 0.15) {
      const word = pick(draw, words)
      const tag = pick(draw, tags)
      return chat(`${tag} ${word}`, `<${tag}>${word}</${tag}>`)
    }
    const text = kind < 0.55 ? markup(draw) : kind < 0.85 ? sentence(draw, length) : noise(draw, length)
    return {
      ids: [...ids(renderPrompt(tokenizer, '')).slice(0, 1), ...ids(renderReply(tokenizer, text, 'line'))],
      from: 0,
    }
  }
}

function markup(draw: () => number): string {
  const tag = pick(draw, tags)
  const inner = draw() < 0.3 ? String(Math.floor(draw() * 200)) : pick(draw, words)
  return `<${tag}>${inner}</${tag}>`
}

function sentence(draw: () => number, length: number): string {
  let text = pick(draw, words)
  for (;;) {
    const next = draw() < 0.1 ? String(Math.floor(draw() * 200)) : pick(draw, words)
    if (text.length + next.length + 3 > length) return `${text}.`
    text += ` ${next}`
  }
}

function noise(draw: () => number, length: number): string {
  const size = 4 + Math.floor(draw() * (length - 8))
  return Array.from({ length: size }, () => String.fromCharCode(32 + Math.floor(draw() * 95))).join('')
}

function pick<T>(draw: () => number, list: readonly T[]): T {
  return list[Math.floor(draw() * list.length)]!
}

function ids(rendered: { ids: number[] } | { unknown: string }): number[] {
  if ('unknown' in rendered) throw new Error(`character ${JSON.stringify(rendered.unknown)} is not in the vocabulary`)
  return rendered.ids
}
