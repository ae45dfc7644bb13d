import { Fault } from '../platform/fault.ts'

/** Up to where a viewer has seen a job: its history, and its chunks. */
export interface Position {
  sequence: number
  /** Of the last chunk, as the metric store names it; undefined: none yet. */
  place: string | undefined
  /** Set while what was there before the viewer is being told: the last finding of it, empty before the first. */
  told?: string
}

/** As the `id` of an event. It names its job too, so that it is of no use in the stream of another. */
export function formatPosition(job: string, { sequence, place, told }: Position): string {
  const chunk = (place ?? '').replaceAll('#', '.')
  return `${sequence}.${chunk}${told === undefined ? '' : `!${told}`}~${tagOf(job)}`
}

/** Fault `invalid` for an id that no stream of this job gave. `0.` is the beginning of every job. */
export function parsePosition(job: string, id: string): Position {
  const pattern = /^(\d{1,9})\.(\d{3}\.\d{4}\.\d{8}\.\d{4})?(?:!([\w.]{0,200}))?(?:~([a-z0-9]{1,8}))?$/
  const [, sequence, place, told, tag = tagOf(job)] = pattern.exec(id) ?? []
  if (sequence === undefined) throw notOurs(id, `this stream; leave it out to start with the newest`)
  if (tag !== tagOf(job)) throw notOurs(id, `job ${job}; it is of another job's stream`)
  return { sequence: Number(sequence), place: place?.replaceAll('.', '#'), ...(told !== undefined && { told }) }
}

/** Whether everything up to `other` is seen at `position`. */
export function covers(position: Position, other: Position): boolean {
  return position.sequence >= other.sequence && (position.place ?? '') >= (other.place ?? '')
}

// Ids begin with the time, so their ends tell them apart.
export const tagOf = (job: string) => job.slice(-8)

function notOurs(id: string, whose: string): Fault {
  const message = `Last-Event-ID "${id}" is not an id of ${whose}`
  const remedy = 'Send the id of the last event of this stream, or none.'
  return new Fault('invalid', message, {
    errors: [{ pointer: '/header/Last-Event-ID', code: 'bad_header', message, remedy }],
  })
}
