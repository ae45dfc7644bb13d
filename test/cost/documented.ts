import { readFile } from 'node:fs/promises'

export const document = 'docs/cost.md'

/** The figure in US dollars that the document's table gives for the row that begins so. */
export async function documented(row: string): Promise<number> {
  const line = (await readFile(document, 'utf8')).split('\n').find((each) => each.startsWith(`| ${row}`))
  return Number(/\$([\d.]+)/.exec(line ?? '')?.[1])
}
