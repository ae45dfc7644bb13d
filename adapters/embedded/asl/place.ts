import type { Breach } from '../../../core/platform/fault.ts'

/** A place in the definition under check. Everything reported lands in one list, so that a load names all problems at once. */
export interface Place {
  pointer: string
  /** Reports a breach of the field `field` of this place, or of the place itself. */
  report(field: string | undefined, code: string, message: string, remedy: string): void
  /** The member `key`; `subject` is its name in messages, where it has one of its own. */
  at(key: string | number, subject?: string): Place
}

/** The root of a definition. `subject` is how messages call it, for example `machine "pipeline"`. */
export function rootPlace(breaches: Breach[], subject: string, pointer = ''): Place {
  return {
    pointer,
    report(field, code, message, remedy) {
      const at = field === undefined ? pointer : `${pointer}/${escapeToken(field)}`
      const whose = field === undefined ? subject : `${subject}, field "${field}"`
      breaches.push({ pointer: at, code, message: `${whose}: ${message}`, remedy })
    },
    at(key, own) {
      return rootPlace(breaches, own ?? `${subject}, ${key}`, `${pointer}/${escapeToken(String(key))}`)
    },
  }
}

function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1')
}
