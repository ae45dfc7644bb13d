import { type Command, InvalidArgumentError, Option } from 'commander'

export interface PageOptions {
  limit: number
  after?: string
}

/** `--limit` and `--after`. */
export function addPaging(command: Command, limit = 50): Command {
  return command
    .addOption(new Option('--limit <n>', 'how many at most, 1 to 1000').argParser(wholeNumber(1, 1000)).default(limit))
    .option('--after <cursor>', 'go on after a page: the cursor that the page named')
}

/** The last lines of a command's help. */
export function addExample(command: Command, ...lines: string[]): Command {
  return command.addHelpText('after', ['', 'Example:', ...lines.map((line) => `  $ ${line}`)].join('\n'))
}

/** Parser of a whole number between two bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`)
  }
}

/** Collects `name=value`. */
export function keyValue(text: string, previous: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at > 0) return { ...previous, [text.slice(0, at)]: text.slice(at + 1) }
  throw new InvalidArgumentError('Write it as name=value.')
}

/** Collects dataset bindings: `name@digest`, or `name=other[@digest]` to use another dataset in its place. */
export function datasetBinding(text: string, previous: Record<string, string> = {}): Record<string, string> {
  const bound = /^([^=@]+)=(.+)$/.exec(text)
  if (bound) return { ...previous, [bound[1] as string]: bound[2] as string }
  const pinned = /^([^=@]+)@.+$/.exec(text)
  if (pinned) return { ...previous, [pinned[1] as string]: text }
  throw new InvalidArgumentError('Write it as name@sha256, or name=other to use another dataset in its place.')
}

/** Collects a repeated option. */
export function repeated(text: string, previous: string[] = []): string[] {
  return [...previous, text]
}

/** `name@version`. */
export function nameAndVersion(text: string): { name: string; version: number } | undefined {
  const match = /^([^@]+)@([1-9]\d{0,8})$/.exec(text)
  return match ? { name: match[1] as string, version: Number(match[2]) } : undefined
}
