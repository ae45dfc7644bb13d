/** The API lists versions by digest; people want them by time. */
export function newestFirst<Version extends { created_at: string }>(versions: readonly Version[]): Version[] {
  return versions.toSorted((left, right) => right.created_at.localeCompare(left.created_at))
}
