export type Precision = 'float32' | 'float32 noise' | 'float64 noise'

/**
 * Lines of a segment, from step 1. `float32`: curves that fall or rise with noise a hundredth of their size, as losses and norms do;
 * the noises: uniform from 0 to 1, in which nothing repeats.
 */
export function curveLines(steps: number, columns: number, precision: Precision): string[] {
  const random = lehmer(7)
  return Array.from({ length: steps }, (_, i) => {
    const data: Record<string, number> = {}
    for (let column = 0; column < columns; column++) {
      const value = precision === 'float32' ? curve(column, i, random()) : random() + random() / 2 ** 31
      data[`layer_${column}/norm`] = precision === 'float64 noise' ? value : Math.fround(value)
    }
    const ts = new Date(Date.UTC(2026, 0, 1) + i * 2000 + Math.floor(random() * 100)).toISOString()
    return `${JSON.stringify({ step: i + 1, ts, data })}\n`
  })
}

function curve(column: number, step: number, noise: number): number {
  const level = (1 + column) * (0.2 + Math.exp(-step / 3000))
  return level * (1 + (noise - 0.5) / 100)
}

/** Park and Miller's minimal standard generator. */
function lehmer(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
