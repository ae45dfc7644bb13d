import { type Breach, Fault } from './fault.ts'
import type { ComputeJob } from './ports.ts'

// Batch's rules, which every driver of the Compute port keeps.

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
const RESERVED = 'AWS_BATCH'

/** Whether Batch can have a job of this name. Its name filter takes a `*` at the end as a wildcard: ask before looking. */
export function isJobName(name: string): boolean {
  return NAME.test(name)
}

/** Fault `invalid` with every problem of a job request. `known`: where its definition does not exist, the ones that do. */
export function checkJob(job: ComputeJob, known: readonly string[] | undefined): void {
  const errors: Breach[] = []
  const refuse = (pointer: string, code: string, message: string, remedy: string) =>
    errors.push({ pointer, code, message, remedy })
  if (!isJobName(job.name)) {
    refuse(
      '/name',
      'wrong_name',
      `job name "${job.name}" is not 1 to 128 of A-Z a-z 0-9 _ - with a letter or digit first`,
      'choose another name',
    )
  }
  if (known) refuse('/definition', 'unknown_definition', isUnknown(job.definition), useOneOf(known))
  if (!Number.isInteger(job.timeoutSeconds) || job.timeoutSeconds < 1) {
    refuse(
      '/timeoutSeconds',
      'out_of_range',
      `timeoutSeconds ${job.timeoutSeconds} is not a whole number of at least 1`,
      'give the longest time the job may run',
    )
  }
  for (const [name, value] of Object.entries(job.environment)) {
    const pointer = `/environment/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!VARIABLE.test(name))
      refuse(pointer, 'wrong_name', `"${name}" is not the name of an environment variable`, 'use letters, digits and _')
    if (name.startsWith(RESERVED))
      refuse(
        pointer,
        'reserved_name',
        `"${name}" starts with ${RESERVED}, which AWS Batch keeps for itself`,
        'rename it',
      )
    if (value.includes('\0'))
      refuse(pointer, 'wrong_value', `the value of ${name} contains a NUL character`, 'remove it')
  }
  if (errors.length > 0)
    throw new Fault(
      'invalid',
      `job "${job.name}": ${errors.map(({ message, remedy }) => `${message}; ${remedy}`).join('. ')}`,
      { errors },
    )
}

/** Fault `not_found` when the definition does not exist; then `known` names the ones that do. */
export function checkDefinition(definition: string, known: readonly string[] | undefined): void {
  if (known) throw new Fault('not_found', `${isUnknown(definition)}; ${useOneOf(known)}`)
}

function isUnknown(definition: string): string {
  return `compute definition "${definition}" does not exist here`
}

function useOneOf(known: readonly string[]): string {
  return `use one of ${known.join(', ') || '(none)'}`
}
