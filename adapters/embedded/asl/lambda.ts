import type { Json, JsonObject } from '../../../core/platform/ports.ts'
import { StateFailure } from './failure.ts'
import { toJson } from './json.ts'
import type { Effects } from './run.ts'
import { untilAborted } from './time.ts'

// The length of a Cause in Step Functions.
const CAUSE_CHARACTERS = 32_768

/** lambda:invoke. The function gets and returns copies; nothing it keeps or changes reaches the execution. */
export async function invokeFunction(given: JsonObject, { invoke }: Effects, signal: AbortSignal): Promise<Json> {
  signal.throwIfAborted()
  const payload = structuredClone(given.Payload ?? {})
  try {
    const answer = invoke(String(given.FunctionName), payload, signal)
    const result: unknown = await untilAborted(Promise.resolve(answer), signal)
    return {
      Payload: toJson(result === undefined ? null : asLambdaWould(result)),
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
    }
  } catch (error) {
    signal.throwIfAborted()
    throw failureOf(error)
  }
}

/** Lambda serialises with JSON.stringify: dates become text, undefined members vanish. */
function asLambdaWould(result: unknown): unknown {
  const text = JSON.stringify(result)
  return text === undefined ? null : JSON.parse(text)
}

function failureOf(error: unknown): StateFailure {
  const name = error instanceof Error ? error.name : 'Error'
  // Names that begin with States. are the interpreter's own; a function cannot raise them.
  const errorType = name.startsWith('States.') ? 'Lambda.Unknown' : name
  const message = error instanceof Error ? error.message : String(error)
  const errorMessage = message.slice(0, CAUSE_CHARACTERS / 2)
  return new StateFailure(errorType, JSON.stringify({ errorType, errorMessage }))
}
