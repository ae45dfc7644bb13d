const maxCharacters = 4000

/** Text that came from outside, cut to what a job's record may hold: its item has 400 KB for everything. */
export function recordText(text: string): string {
  return text.length <= maxCharacters ? text.toWellFormed() : `${text.slice(0, maxCharacters).toWellFormed()} ...`
}
