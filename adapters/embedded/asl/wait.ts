import { leave } from './exit.ts'
import { isTimestamp, isWithin } from './fields.ts'
import type { WaitState } from './machine.ts'
import type { Outcome, Step } from './run.ts'
import { type Bindings, renderAs } from './template.ts'
import { sleepUntil } from './time.ts'

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
  return Date.parse(await renderAs(until.timestamp, bindings, 'an RFC 3339 time with a zone', isTimestamp))
}
