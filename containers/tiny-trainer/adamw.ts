/** One named parameter block with its AdamW moments; all three arrays have the same length. */
export type Slot = { name: string; shape: number[]; value: Float32Array; first: Float32Array; second: Float32Array }

export type AdamWOptions = {
  learningRate: number
  weightDecay: number
  beta1?: number
  beta2?: number
  epsilon?: number
}

export function createSlot(name: string, shape: number[], value: Float32Array): Slot {
  return { name, shape, value, first: new Float32Array(value.length), second: new Float32Array(value.length) }
}

/** One AdamW update in place with decoupled weight decay (Loshchilov & Hutter); `step` counts from 1. */
export function adamw(slots: readonly Slot[], gradients: readonly Float32Array[], step: number, options: AdamWOptions) {
  const { learningRate, weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options
  const correction1 = 1 - beta1 ** step
  const correction2 = 1 - beta2 ** step
  for (const [k, { value, first, second }] of slots.entries()) {
    const gradient = gradients[k]!
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i]!
      const m = beta1 * first[i]! + (1 - beta1) * g
      const v = beta2 * second[i]! + (1 - beta2) * g * g
      first[i] = m
      second[i] = v
      const update = m / correction1 / (Math.sqrt(v / correction2) + epsilon)
      value[i] = value[i]! - learningRate * (update + weightDecay * value[i]!)
    }
  }
}

/** The global L2 norm of the gradients before clipping; scales them in place when it exceeds `maxNorm`. */
export function clipGradients(gradients: readonly Float32Array[], maxNorm: number): number {
  let squares = 0
  for (const gradient of gradients) for (const g of gradient) squares += g * g
  const norm = Math.sqrt(squares)
  if (norm <= maxNorm || !Number.isFinite(norm)) return norm
  const scale = maxNorm / (norm + 1e-6)
  for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) gradient[i] = gradient[i]! * scale
  return norm
}
