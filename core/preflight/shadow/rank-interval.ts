const quantile975 = 1.959963984540054

/** 95 % confidence interval of Spearman's rho, Bonett and Wright (Psychometrika 65, 2000). null for fewer than 4 pairs. */
export function spearmanInterval(rho: number | null, n: number): [number, number] | null {
  if (rho === null || n < 4) return null
  if (Math.abs(rho) === 1) return [rho, rho]
  const half = quantile975 * Math.sqrt((1 + (rho * rho) / 2) / (n - 3))
  const centre = Math.atanh(rho)
  return [Math.tanh(centre - half), Math.tanh(centre + half)]
}
