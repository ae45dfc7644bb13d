export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'quiet'

const looks: Record<string, { tone: Tone; sign: string }> = {
  pass: { tone: 'good', sign: '✓' },
  succeeded: { tone: 'good', sign: '✓' },
  warn: { tone: 'warn', sign: '!' },
  preempted: { tone: 'warn', sign: '!' },
  refused: { tone: 'warn', sign: '⊘' },
  fail: { tone: 'bad', sign: '✗' },
  failed: { tone: 'bad', sign: '✗' },
  cancelled: { tone: 'quiet', sign: '–' },
  submitted: { tone: 'quiet', sign: '○' },
  queued: { tone: 'quiet', sign: '○' },
}

/** How a status looks: never by colour alone. What is under way has one look. */
export function toneOf(status: string): { tone: Tone; sign: string } {
  return looks[status] ?? { tone: 'busy', sign: '▸' }
}
