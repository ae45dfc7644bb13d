import type { SubmitJob } from '../../schemas/job.ts'
import { submitJob } from '../jobs/submit-job.ts'
import { type Breach, type Fault, type FaultCode, invalid, isFault } from '../platform/fault.ts'
import type { Platform, Table } from '../platform/ports.ts'

const passing: readonly FaultCode[] = ['busy', 'conflict', 'internal']

/** Submits a job without a trace. Fault `invalid` names everything that would refuse it, with `at` before the pointers. */
export async function rehearse(
  platform: Pick<Platform, 'table' | 'clock' | 'ids'>,
  request: SubmitJob,
  at: string,
): Promise<void> {
  try {
    await submitJob({ ...platform, table: forgetful(platform.table) }, request, { principal: 'rehearsal' })
  } catch (error) {
    if (!isRefusal(error)) throw error
    throw invalid(
      'schedule',
      problemsOf(error).map((breach) => ({ ...breach, pointer: at + breach.pointer })),
    )
  }
}

/** Whether asking again changes nothing, as opposed to a fault that passes. */
export function isRefusal(error: unknown): error is Fault {
  return isFault(error) && !passing.includes(error.code)
}

/** What a refusal names; one that names no place is about the whole request. */
export function problemsOf({ code, message, errors }: Fault): Breach[] {
  if (errors.length > 0) return errors
  const [what = '', remedy] = message.split('; ')
  return [{ pointer: '', code, message: what, remedy: remedy ?? 'Correct the request.' }]
}

/** Reads as the table reads, and answers every write as if it were made. */
function forgetful(table: Table): Table {
  return {
    ...table,
    get: (key) => table.get(key),
    query: (query) => table.query(query),
    put: async (draft) => ({ ...draft, version: 1 }),
    delete: async () => {},
  }
}
