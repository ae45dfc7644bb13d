import type { Breach, FaultCode } from '../../core/platform/fault.ts'
import { Fault } from '../../core/platform/fault.ts'

/** From the pool to a thread. `setup` comes once for each key; `forget` makes room. */
export type ToWorker =
  | { kind: 'setup'; task: string; key: string; value: unknown }
  | { kind: 'forget'; key: string }
  | { kind: 'run'; id: number; key: string; input: unknown }

export type FromWorker = { id: number; output: unknown } | { id: number; error: PlainError }

/** An error as it crosses threads: structured clones lose the class. */
export type PlainError =
  | { code: FaultCode; message: string; errors: Breach[] }
  | { code: undefined; message: string; stack: string | undefined }

export function toPlainError(error: unknown): PlainError {
  if (error instanceof Fault) return { code: error.code, message: error.message, errors: error.errors }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return { code: undefined, message, stack }
}

export function fromPlainError(plain: PlainError): Error {
  if (plain.code !== undefined) return new Fault(plain.code, plain.message, { errors: plain.errors })
  const error = new Error(plain.message)
  if (plain.stack !== undefined) error.stack = plain.stack
  return error
}
