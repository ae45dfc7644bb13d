import type { Place } from './place.ts'

export interface Edge {
  targets: { to: string; at: Place; field: string }[]
  ends: boolean
}

/** Where each state of a block can go. */
export type Edges = Map<string, Edge>

/** Every target exists, every state is reached from `StartAt`, and from every state the block can end. */
export function checkFlow(startAt: string | undefined, edges: Edges, place: Place): void {
  for (const edge of edges.values()) {
    for (const { to, at, field } of edge.targets) {
      if (!edges.has(to))
        at.report(
          field,
          'unknown_next',
          `there is no state "${to}" in this scope`,
          `use one of ${[...edges.keys()].join(', ')}`,
        )
    }
  }
  if (startAt === undefined) return
  if (!edges.has(startAt)) {
    place.report(
      'StartAt',
      'unknown_next',
      `there is no state "${startAt}" in this scope`,
      `use one of ${[...edges.keys()].join(', ')}`,
    )
    return
  }
  const reached = reachable([startAt], (name) => edges.get(name)?.targets.map(({ to }) => to) ?? [])
  const ending = reachable(
    [...edges.keys()].filter((name) => edges.get(name)?.ends),
    sourcesOf(edges),
  )
  for (const name of edges.keys()) {
    const at = place.at('States').at(name, `state "${name}"`)
    if (!reached.has(name))
      at.report(undefined, 'unreachable', 'no path from StartAt leads here', 'remove it, or point a Next at it')
    else if (!ending.has(name))
      at.report(
        undefined,
        'no_terminal',
        'no path from here ends: there is no End, Succeed or Fail after it',
        'add one',
      )
  }
}

function sourcesOf(edges: Edges): (name: string) => string[] {
  return (name) => [...edges].filter(([, edge]) => edge.targets.some(({ to }) => to === name)).map(([source]) => source)
}

function reachable(from: string[], follow: (name: string) => string[]): Set<string> {
  const seen = new Set<string>()
  const open = [...from]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    open.push(...follow(name))
  }
  return seen
}
