import type { Build } from '../../../schemas/build.ts'
import type { BusinessEvent } from '../../platform/business-events.ts'

/** That a build was submitted, or is over. undefined for what nobody waits to hear. */
export function buildEvent({ id, status, outputs }: Build, time: string): BusinessEvent {
  const type = status === 'submitted' ? 'build.submitted.v1' : 'build.finished.v1'
  return { id: `${id}/${status}`, type, time, subject: id, data: { status, outputs: outputs.length } }
}
