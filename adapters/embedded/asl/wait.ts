import type { Json } from '../../../core/platform/ports.ts'
import { leave } from './exit.ts'
import { isWithin } from './fields.ts'
import type { WaitState } from './machine.ts'
import type { Outcome, Step } from './run.ts'
import { type Bindings, renderAs } from './template.ts'
import { sleepUntil } from './time.ts'

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Waits until an instant that is fixed when the state is entered: a restart does not wait again. */
export async function waitFor(state: WaitState, step: Step, bindings: Bindings): Promise<Outcome> {
  const { journal, effects } = step.run
  const key = `${step.key}@0`
  const known = journal.read(key)
  const until = known ? Number(known.until) : await instant(state, bindings, effects.clock.now().getTime())
  if (!known && until > effects.clock.now().getTime()) {
    journal.write(key, JSON.stringify({ until, enteredTime: step.enteredTime }))
  }
  await sleepUntil(effects.clock, until, step.frame.signal)
  return leave(state, step.input, bindings)
}

async function instant({ until }: WaitState, bindings: Bindings, now: number): Promise<number> {
  if ('seconds' in until) {
    const seconds = await renderAs(until.seconds, bindings, 'a whole number of seconds, at least 0', (value) =>
      isWithin(value, { min: 0, max: 99_999_999 }),
    )
    return now + seconds * 1_000
  }
  const isTime = (value: Json): value is string =>
    typeof value === 'string' && RFC3339.test(value) && !Number.isNaN(Date.parse(value))
  return Date.parse(await renderAs(until.timestamp, bindings, 'an RFC 3339 time with a zone', isTime))
}
