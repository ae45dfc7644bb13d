interface Version {
  release: number[]
  /** Behind a pre-release comes the release: -3 dev, -2 alpha, -1 beta or candidate, 0 none, 1 post. */
  phase: number
  phaseNumber: number
}

const shape = /^v?(\d+(?:\.\d+)*)(?:[._-]?(dev|alpha|beta|post|rc|a|b|c)[._-]?(\d*))?/i
const phases: Record<string, number> = { dev: -4, a: -3, alpha: -3, b: -2, beta: -2, c: -1, rc: -1, post: 1 }

/** Whether a version satisfies every clause, as pip reads them (PEP 440 without epochs). false for what cannot be read. */
export function satisfies(version: string, range: string): boolean {
  const actual = parseVersion(version)
  return actual !== undefined && range.split(',').every((clause) => holds(actual, clause.trim()))
}

function holds(actual: Version, clause: string): boolean {
  const [, operator = '==', text = ''] = /^(~=|==|!=|<=|>=|<|>)?\s*(.*)$/.exec(clause) ?? []
  const prefix = text.endsWith('.*')
  const wanted = parseVersion(prefix ? text.slice(0, -2) : text)
  if (!wanted) return false
  if (prefix) {
    const same = startsWith(actual, wanted.release)
    return operator === '==' ? same : operator === '!=' && !same
  }
  const order = compare(actual, wanted)
  switch (operator) {
    case '==':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    default:
      // `~=2.3.1`: at least that, and still 2.3. One number alone says nothing that pip accepts.
      return wanted.release.length > 1 && order >= 0 && startsWith(actual, wanted.release.slice(0, -1))
  }
}

/** A local part as in `2.3.1+cu121` tells builds apart, not versions. */
function parseVersion(text: string): Version | undefined {
  const [plain = ''] = text.trim().split('+')
  const match = shape.exec(plain)
  if (!match || match[0].length !== plain.length) return undefined
  const [, release = '', phase, number] = match
  return {
    release: release.split('.').map(Number),
    phase: phase ? (phases[phase.toLowerCase()] ?? 0) : 0,
    phaseNumber: Number(number || 0),
  }
}

function startsWith({ release }: Version, prefix: readonly number[]): boolean {
  return prefix.every((part, index) => (release[index] ?? 0) === part)
}

/** Missing numbers are 0: 2.3 is 2.3.0. */
function compare(a: Version, b: Version): number {
  const length = Math.max(a.release.length, b.release.length)
  for (let i = 0; i < length; i++) {
    const difference = (a.release[i] ?? 0) - (b.release[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.phase - b.phase || a.phaseNumber - b.phaseNumber
}
