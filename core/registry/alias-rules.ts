import type { Comparison } from '../../schemas/evaluation.ts'
import type { ModelVersion } from '../../schemas/registry.ts'

/**
 * Why an alias may not move to `version`; empty when it may. `against` compares it with the version it would replace, on one
 * suite, and is undefined when the alias points nowhere. Pure.
 */
export function aliasObjections(alias: string, version: ModelVersion, against: Comparison | undefined): string[] {
  const objections: string[] = []
  const name = `${version.name} version ${version.version}`
  if (version.gate.verdict !== 'pass') objections.push(`the gate of ${name} says ${version.gate.verdict}`)
  if (version.state === 'archived') objections.push(`${name} is archived`)
  if (alias !== 'production') return objections
  if (version.profile !== 'prod')
    objections.push(`${name} comes from a ${version.profile} job; only prod jobs reach production`)
  if (against && against.verdict !== 'better') {
    const measured = `${against.candidate.correct} against ${against.base.correct} of ${against.n} right, p ${against.p.toPrecision(3)}`
    objections.push(`${name} does not beat the version it would replace (${against.verdict}: ${measured})`)
  }
  return objections
}
