const budgetMs = 10
const waiting = new Map<object, () => void>()
let asked = 0

/**
 * Draws at the next frame; asking again before that draws once. A frame draws as many of the waiting charts as fit into its budget,
 * so that a page of many charts stays responsive.
 */
export function drawSoon(owner: object, draw: () => void): void {
  if (!waiting.has(owner)) waiting.set(owner, draw)
  if (asked === 0) asked = requestAnimationFrame(drawFrame)
}

export function forgetDraw(owner: object): void {
  waiting.delete(owner)
}

function drawFrame(): void {
  asked = 0
  const started = performance.now()
  for (const [owner, draw] of waiting) {
    waiting.delete(owner)
    draw()
    if (performance.now() - started > budgetMs) break
  }
  if (waiting.size > 0 && asked === 0) asked = requestAnimationFrame(drawFrame)
}
