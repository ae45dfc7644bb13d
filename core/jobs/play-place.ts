import { Fault } from '../platform/fault.ts'
import { tagOf } from './live-position.ts'

/** Up to where a playback was seen. */
export interface PlayPlace {
  stage: number
  /** undefined: the winning view. */
  attempt: number | undefined
  /** Of the last row that was sent; undefined before the first. */
  step: number | undefined
  /** How many of the findings at that step were sent behind it. */
  findings: number
}

/** Of a query. */
interface Asked {
  stage?: number | undefined
  attempt?: number | undefined
}

/** As the `id` of an event, for `Last-Event-ID`. */
export function formatPlace(job: string, { stage, attempt, step, findings }: PlayPlace): string {
  return `p${stage}.${attempt ?? 0}.${step ?? ''}.${findings}~${tagOf(job)}`
}

/** Fault `invalid` for an id that no playback of this job gave, or one of another stage or attempt than is asked for. */
export function parsePlace(job: string, id: string, asked: Asked): PlayPlace {
  const [, stage, attempt, step, findings, tag] =
    /^p(\d{1,3})\.(\d{1,4})\.(\d{1,15})?\.(\d{1,6})~([a-z0-9]{1,8})$/.exec(id) ?? []
  if (stage === undefined || tag !== tagOf(job)) throw notOurs(id, `a playback of job ${job}`)
  const isOther = asked.stage !== undefined && asked.stage !== Number(stage)
  if (isOther || (asked.stage !== undefined && (asked.attempt ?? 0) !== Number(attempt)))
    throw notOurs(id, 'this playback; it is of another stage or attempt')
  return {
    stage: Number(stage),
    attempt: Number(attempt) || undefined,
    step: step === undefined ? undefined : Number(step),
    findings: Number(findings),
  }
}

function notOurs(id: string, whose: string): Fault {
  const message = `Last-Event-ID "${id}" is not an id of ${whose}`
  const remedy = 'Send the id of the last event of this playback with the same query, or none.'
  return new Fault('invalid', message, {
    errors: [{ pointer: '/header/Last-Event-ID', code: 'bad_header', message, remedy }],
  })
}
