/**
 * List prices of us-east-1 in USD, free tiers left out. docs/cost.md shows each with what it multiplies; a price that changes is
 * changed in both, which the test compares.
 */
export const prices = {
  dynamodb_write_unit: 0.625e-6,
  dynamodb_read_unit: 0.125e-6,
  s3_put: 5e-6,
  s3_get: 0.4e-6,
  lambda_request: 0.2e-6,
  lambda_gb_second: 13.3334e-6,
  lambda_scratch_gb_second: 3.09e-8,
  states_transition: 25e-6,
  api_request: 3.5e-6,
  events_custom: 1e-6,
  pipe_request: 0.4e-6,
  kms_sign: 15e-6,
  logs_gb: 0.5,
} as const

export type Price = keyof typeof prices

/** Units by what they cost. */
export type Bill = Partial<Record<Price, number>>

export const total = (bill: Bill) =>
  Object.entries(bill).reduce((sum, [name, units]) => sum + units * prices[name as Price], 0)

export function add(bill: Bill, name: Price, units: number): void {
  bill[name] = (bill[name] ?? 0) + units
}
