/** A seeded random order of 0 .. n-1: Fisher and Yates over xorshift32. */
export function shuffledOrder(n: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  // Neighbouring seeds must not give neighbouring orders, and a state of 0 would stay 0.
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1
  for (let left = n; left > 1; left--) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const chosen = Math.floor(((state >>> 0) / 0x100000000) * left)
    const last = order[left - 1]!
    order[left - 1] = order[chosen]!
    order[chosen] = last
  }
  return order
}
