import { Fault } from '../../../core/platform/fault.ts'

/** JSON of a client that may write bare NaN and Infinity, as Python's json module does. They become strings. Fault `invalid`. */
export function parsePythonJson(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    const quoted = text.replaceAll(stringOrNonFinite, (found) => (found.startsWith('"') ? found : `"${found}"`))
    try {
      return JSON.parse(quoted)
    } catch {
      throw new Fault('invalid', `the body is not JSON: ${(cause as Error).message}`, { cause })
    }
  }
}

// A string without an end is taken too, to the end of the text: else the search would begin anew at every quote in it.
const stringOrNonFinite = /"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|-?Infinity\b|\bNaN\b/g
