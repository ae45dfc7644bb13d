import { Fault } from '../../core/platform/fault.ts'
import type { Json } from '../../core/platform/ports.ts'

// 256 KiB with what Step Functions puts around it.
const mostBytes = 262_144 - 4096

/**
 * The answer of a step. Fault `too_large` above what a state carries: Step Functions would end the execution past every Catch, and
 * nobody would end the job's record.
 */
export function checkStateSize(step: string, answer: Json): Json {
  const bytes = Buffer.byteLength(JSON.stringify(answer) ?? '')
  if (bytes <= mostBytes) return answer
  throw new Fault(
    'too_large',
    `step ${step} answers ${bytes} bytes, a state takes ${mostBytes}: store it, answer its id`,
  )
}
