import { createTokens, type Tokens } from './search-tokens.ts'

export type Subject = 'metric' | 'param' | 'tag' | 'attribute'
export type Comparator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'LIKE'
  | 'ILIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL'

export interface Clause {
  subject: Subject
  key: string
  comparator: Comparator
  /** Text; a number where the key is one; a list for IN; absent for IS. */
  value?: string | number | string[]
}

export interface Order {
  subject: Subject
  key: string
  descending: boolean
}

/** What may be asked of: attributes by type. */
export interface Searchable {
  subjects: readonly Subject[]
  numbers: readonly string[]
  texts: readonly string[]
}

const subjects: Record<string, Subject> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
}

const comparators = {
  number: ['=', '!=', '<', '<=', '>', '>='],
  text: ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'],
  pair: ['=', '!=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL'],
} satisfies Record<string, Comparator[]>

const mostClauses = 50

/** A filter of MLflow's: comparisons joined by AND. Fault `invalid` names what is not understood. */
export function parseFilter(text: string, searchable: Searchable): Clause[] {
  const tokens = createTokens(text, 'filter')
  const clauses: Clause[] = []
  while (!tokens.done()) {
    clauses.push(parseClause(tokens, searchable))
    if (clauses.length > mostClauses) throw tokens.refuse(`has more than ${mostClauses} comparisons`)
    if (tokens.done()) break
    if (tokens.word('OR')) throw tokens.refuse('uses OR; only AND joins comparisons, so search twice')
    if (!tokens.word('AND')) throw tokens.refuse(`has ${tokens.here()} where AND should be`)
    if (tokens.done()) throw tokens.refuse('ends with AND')
  }
  return clauses
}

/** `metrics.x DESC` and the like. Fault `invalid`. */
export function parseOrder(text: string, searchable: Searchable): Order {
  const tokens = createTokens(text, 'order_by')
  const { subject, key } = parseName(tokens, searchable)
  const descending = tokens.word('DESC')
  if (!descending) tokens.word('ASC')
  if (!tokens.done()) throw tokens.refuse(`has ${tokens.here()} where ASC or DESC should be`)
  return { subject, key, descending }
}

function parseClause(tokens: Tokens, searchable: Searchable): Clause {
  if (tokens.symbol('(')) throw tokens.refuse('has parentheses; only AND joins comparisons')
  const { subject, key } = parseName(tokens, searchable)
  const kind = kindOf(subject, key, searchable)
  const comparator = parseComparator(tokens)
  if (!(comparators[kind] as string[]).includes(comparator))
    throw tokens.refuse(
      `compares ${subject} "${key}" by ${comparator}; it can be compared by ${comparators[kind].join(', ')}`,
    )
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') return { subject, key, comparator }
  if (comparator === 'IN' || comparator === 'NOT IN') return { subject, key, comparator, value: parseList(tokens) }
  const value = kind === 'number' ? tokens.number() : tokens.text()
  if (value === undefined)
    throw tokens.refuse(`has ${tokens.here()} where ${kind === 'number' ? 'a number' : 'text in quotes'} should be`)
  return { subject, key, comparator, value }
}

function parseName(
  tokens: Tokens,
  { subjects: allowed, numbers, texts }: Searchable,
): { subject: Subject; key: string } {
  const first = tokens.name()
  if (first === undefined) throw tokens.refuse(`has ${tokens.here()} where a name should be`)
  const named = first.quoted ? undefined : subjects[first.text.toLowerCase()]
  const dotted = tokens.symbol('.')
  if (dotted && /^datasets?$/i.test(first.text))
    throw tokens.refuse('asks for datasets, by which runs cannot be searched')
  if (dotted && named === undefined)
    throw tokens.refuse(`begins with "${first.text}", which is none of metrics, params, tags, attributes`)
  const subject = dotted && named ? named : 'attribute'
  const key = dotted ? tokens.key() : first.text
  if (key === undefined) throw tokens.refuse(`has ${tokens.here()} where a key should be`)
  if (!allowed.includes(subject)) throw tokens.refuse(`asks for ${subject}s, which these have none of`)
  if (subject === 'attribute' && !numbers.includes(key) && !texts.includes(key))
    throw tokens.refuse(`asks for attribute "${key}"; there are ${[...texts, ...numbers].join(', ')}`)
  return { subject, key }
}

function kindOf(subject: Subject, key: string, { numbers }: Searchable): keyof typeof comparators {
  if (subject === 'metric') return 'number'
  if (subject !== 'attribute') return 'pair'
  return numbers.includes(key) ? 'number' : 'text'
}

function parseComparator(tokens: Tokens): Comparator {
  for (const each of ['!=', '<=', '>=', '=', '<', '>'] as const) if (tokens.symbol(each)) return each
  if (tokens.word('LIKE')) return 'LIKE'
  if (tokens.word('ILIKE')) return 'ILIKE'
  if (tokens.word('IN')) return 'IN'
  if (tokens.word('IS')) {
    const not = tokens.word('NOT')
    if (tokens.word('NULL')) return not ? 'IS NOT NULL' : 'IS NULL'
  } else if (tokens.word('NOT') && tokens.word('IN')) return 'NOT IN'
  throw tokens.refuse(`has ${tokens.here()} where a comparison should be`)
}

function parseList(tokens: Tokens): string[] {
  const values: string[] = []
  if (!tokens.symbol('(')) throw tokens.refuse(`has ${tokens.here()} where a list like ('a', 'b') should be`)
  do {
    const value = tokens.text()
    if (value === undefined) throw tokens.refuse(`has ${tokens.here()} where text in quotes should be`)
    values.push(value)
  } while (tokens.symbol(','))
  if (!tokens.symbol(')')) throw tokens.refuse(`has ${tokens.here()} where ")" should be`)
  return values
}
