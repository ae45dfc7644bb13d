/** Does EventBridge deliver the event to a rule, or a pipe, with this pattern? Throws on a matcher that it does not know. */
export function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some((each) => matchesOne(each, event))
  if (!isObject(pattern)) throw new Error(`a pattern has lists and objects, not ${JSON.stringify(pattern)}`)
  return Object.entries(pattern).every(([key, inner]) => matches(inner, isObject(event) ? event[key] : undefined))
}

function matchesOne(matcher: unknown, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((each) => matchesOne(matcher, each))
  if (!isObject(matcher)) return matcher === value
  const [[kind, argument] = ['', undefined], ...more] = Object.entries(matcher)
  if (more.length > 0) throw new Error(`a matcher has one key: ${JSON.stringify(matcher)}`)
  switch (kind) {
    case 'prefix':
      return typeof value === 'string' && value.startsWith(argument as string)
    case 'wildcard':
      return typeof value === 'string' && wildcard(argument as string).test(value)
    case 'exists':
      return (value !== undefined) === argument
    default:
      throw new Error(`unknown matcher ${kind}`)
  }
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
