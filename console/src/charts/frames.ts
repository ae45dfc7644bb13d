/** `now`: what a person asked for. `calm`: what arrived; a chart may be a moment behind, but never in the way. */
export type Pace = 'now' | 'calm'

const budgetMs = 12
// Drawing what arrives takes at most a fifth of the time.
const restPerDraw = 4

const urgent = new Map<object, () => void>()
const calm = new Map<object, () => void>()
let asked = 0
let restsUntil = 0

/**
 * Draws at one of the next frames; asking again before that draws once. Of what is urgent a frame draws as much as fits into its
 * budget, of the rest one chart, and then it pauses.
 */
export function drawSoon(owner: object, draw: () => void, pace: Pace): void {
  if (pace === 'now') calm.delete(owner)
  if (pace === 'now' || !urgent.has(owner)) (pace === 'now' ? urgent : calm).set(owner, draw)
  if (asked === 0) asked = requestAnimationFrame(drawFrame)
}

export function forgetDraw(owner: object): void {
  urgent.delete(owner)
  calm.delete(owner)
}

function drawFrame(): void {
  asked = 0
  const started = performance.now()
  for (const [owner, draw] of urgent) {
    urgent.delete(owner)
    draw()
    if (performance.now() - started > budgetMs) break
  }
  const [next] = calm
  if (next && urgent.size === 0 && started >= restsUntil) {
    calm.delete(next[0])
    next[1]()
    const ended = performance.now()
    restsUntil = ended + restPerDraw * (ended - started)
  }
  if (urgent.size + calm.size > 0 && asked === 0) asked = requestAnimationFrame(drawFrame)
}
