import { MetricLine } from '../../schemas/trainer-contract.ts'

/** Good lines in order, and how many lines were not metric lines. A segment is whole, so a broken last line is junk too. */
export function parseSegment(text: string): { lines: MetricLine[]; junk: number } {
  const lines: MetricLine[] = []
  let junk = 0
  for (const raw of text.split('\n')) {
    if (raw.trim() === '') continue
    const line = parseLine(raw)
    if (line) lines.push(line)
    else junk += 1
  }
  return { lines, junk }
}

function parseLine(raw: string): MetricLine | undefined {
  try {
    return MetricLine.safeParse(JSON.parse(raw)).data
  } catch {
    return undefined
  }
}
