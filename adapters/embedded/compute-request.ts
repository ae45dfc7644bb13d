import { type Breach, Fault } from '../../core/platform/fault.ts'
import type { ComputeJob } from '../../core/platform/ports.ts'

const NAME = /^[A-Za-z0-9_-]{1,128}$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Fault `invalid` with every problem of a job request. */
export function checkJob(job: ComputeJob, definitions: string[]): void {
  const errors: Breach[] = []
  const refuse = (pointer: string, code: string, message: string, remedy: string) =>
    errors.push({ pointer, code, message, remedy })
  if (!NAME.test(job.name))
    refuse('/name', 'wrong_name', `job name "${job.name}" is not 1 to 128 of A-Z a-z 0-9 _ -`, 'choose another name')
  if (!definitions.includes(job.definition)) {
    refuse(
      '/definition',
      'unknown_definition',
      `compute definition "${job.definition}" does not exist`,
      `use one of ${definitions.join(', ') || '(none)'}`,
    )
  }
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

/** Fault `not_found` when no command belongs to the definition. */
export function checkDefinition(definition: string, definitions: string[]): void {
  if (definitions.includes(definition)) return
  throw new Fault(
    'not_found',
    `compute definition "${definition}" does not exist; use one of ${definitions.join(', ') || '(none)'}`,
  )
}
