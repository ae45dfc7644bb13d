/**
 * `n` shared out by weight: each gets the whole part of n * weight / sum, and what is left goes one each to the largest remainders
 * (Hamilton's method). Equal remainders: the larger weight first, then by name. Any order of the weights gives the same shares.
 */
export function allocate(n: number, weights: Readonly<Record<string, number>>): Record<string, number> {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0)
  if (!(sum > 0)) return Object.fromEntries(Object.keys(weights).map((name) => [name, 0]))
  const quotas = Object.entries(weights).map(([name, weight]) => {
    const exact = (n * weight) / sum
    const whole = Math.floor(exact + rounding)
    return { name, weight, whole, remainder: Math.max(0, exact - whole) }
  })
  const left = n - quotas.reduce((total, { whole }) => total + whole, 0)
  const byRemainder = quotas.toSorted(
    (a, b) => compare(b.remainder, a.remainder) || b.weight - a.weight || (a.name < b.name ? -1 : 1),
  )
  const lucky = new Set(byRemainder.slice(0, left).map(({ name }) => name))
  return Object.fromEntries(quotas.map(({ name, whole }) => [name, whole + (lucky.has(name) ? 1 : 0)]))
}

// 0.1 * 30 is 2.9999999999999996 or 3.0000000000000004 according to how it is computed: neither may cost a row.
const rounding = 1e-9

function compare(a: number, b: number): number {
  return Math.abs(a - b) < rounding ? 0 : a - b
}
