import type { BuildRequest } from '../../../schemas/build.ts'
import type { Breach } from '../../platform/fault.ts'

const longestName = 63
// A row's part is kept in one byte, and each part is a pass over the rows.
const mostParts = 64

/** What a build asks for that contradicts itself; empty when it can be tried. Pure. */
export function requestProblems(request: BuildRequest): Breach[] {
  if (request.kind === 'dataset') return datasetProblems(request)
  if (request.kind === 'pool') return poolProblems(request)
  return []
}

function datasetProblems({ name, operators }: Extract<BuildRequest, { kind: 'dataset' }>): Breach[] {
  const problems: Breach[] = []
  const { balance, difficulty, split, length } = operators
  if (balance && !difficulty)
    problems.push({
      pointer: '/operators/balance',
      code: 'needs_difficulty',
      message: 'balance shares rows out by difficulty, which is switched off',
      remedy: 'Add "difficulty": {} to the operators.',
    })
  if (difficulty && !(difficulty.easy_below < difficulty.hard_above))
    problems.push({
      pointer: '/operators/difficulty',
      code: 'bad_range',
      message: `easy_below ${difficulty.easy_below} is not below hard_above ${difficulty.hard_above}`,
      remedy: 'Leave both out for terciles.',
    })
  if (length && length.min_tokens > length.max_tokens)
    problems.push({
      pointer: '/operators/length',
      code: 'bad_range',
      message: `min_tokens ${length.min_tokens} is above max_tokens ${length.max_tokens}`,
      remedy: 'Swap them.',
    })
  const parts = split ? Object.keys(split.parts) : []
  if (parts.length > mostParts)
    problems.push({
      pointer: '/operators/split/parts',
      code: 'too_many_parts',
      message: `${parts.length} parts are more than ${mostParts}`,
      remedy: 'Split into fewer, and split those again.',
    })
  for (const part of parts.slice(0, mostParts))
    if (`${name}-${part}`.length > longestName)
      problems.push({
        pointer: `/operators/split/parts/${part}`,
        code: 'long_name',
        message: `"${name}-${part}" is longer than ${longestName} characters`,
        remedy: 'Choose a shorter name.',
      })
  return problems
}

function poolProblems({ mix, sources }: Extract<BuildRequest, { kind: 'pool' }>): Breach[] {
  const missing = Object.keys(mix).filter((task) => !Object.hasOwn(sources, task))
  const unused = Object.keys(sources).filter((task) => !Object.hasOwn(mix, task))
  return [
    ...missing.map((task) => ({
      pointer: `/mix/${task}`,
      code: 'no_source',
      message: `task "${task}" has a share and no source`,
      remedy: `Name its dataset in sources.${task}.`,
    })),
    ...unused.map((task) => ({
      pointer: `/sources/${task}`,
      code: 'no_share',
      message: `task "${task}" has a source and no share`,
      remedy: `Give it a share in mix.${task}, or leave the source out.`,
    })),
  ]
}
