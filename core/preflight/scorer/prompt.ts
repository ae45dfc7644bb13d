export interface ScorerItem {
  prompt: string
  completion: string
}

const defaultPrompt = `You grade answers. Grade how well the answer solves the question: 0 is wrong or empty, 1 is right and complete.

Question:
{{prompt}}

Answer:
{{completion}}

Reply with JSON only: {"score": <number from 0 to 1>}`

/**
 * The text that asks for a score. The nonce makes it new to every cache: where the template has no place for it, it leads, so that not
 * even a prefix is known.
 */
export function scorerPrompt(template: string | undefined, item: ScorerItem, nonce: string): string {
  const values: Record<string, string> = { prompt: item.prompt, completion: item.completion, nonce }
  const text = template ?? defaultPrompt
  const placed = text.includes('{{nonce}}') ? text : `Request {{nonce}}.\n\n${text}`
  // One pass: a completion that holds {{nonce}} stays as it is.
  return placed.replace(/\{\{(prompt|completion|nonce)\}\}/g, (_, name: string) => values[name] ?? '')
}

/** Items for a probe: right and wrong sums in turn, so that a scorer that reads them cannot give all the same score. */
export function probeItems(n: number): ScorerItem[] {
  return Array.from({ length: n }, (_, i) => {
    const [a, b] = [17 + 3 * i, 25 + 7 * i]
    return { prompt: `What is ${a} + ${b}?`, completion: i % 2 === 0 ? `${a + b}` : `${a + b + 11 + i}, I guess` }
  })
}
