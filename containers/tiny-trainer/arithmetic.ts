import { createHash } from 'node:crypto'

export type Problem = { text: string; answer: string }

/** Every arithmetic problem of the tiny world: `add 12 and 7`, `take 7 from 12` (never below zero) and `double 8`. */
export function problems(): { add: Problem[]; take: Problem[]; double: Problem[] } {
  const numbers = Array.from({ length: 100 }, (_, n) => n)
  return {
    add: numbers.flatMap((a) => numbers.map((b) => ({ text: `add ${a} and ${b}`, answer: String(a + b) }))),
    take: numbers.flatMap((a) =>
      numbers.slice(0, a + 1).map((b) => ({ text: `take ${b} from ${a}`, answer: String(a - b) })),
    ),
    double: numbers.map((a) => ({ text: `double ${a}`, answer: String(2 * a) })),
  }
}

/** Whether a problem's text is kept out of the base model's pre-training (one in five, by SHA-256 of the text). */
export function isHeldOut(text: string): boolean {
  return createHash('sha256').update(text).digest().readUInt32BE(0) % 5 === 0
}
