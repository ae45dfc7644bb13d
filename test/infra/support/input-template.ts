/**
 * What a pipe makes of a record with an input template, as AWS documents it: an unquoted placeholder becomes the JSON of its value, one
 * within quotes the bare text, and one whose path is not there goes with its key.
 */
export function transform(template: string, record: unknown): string {
  const filled = template.replaceAll(/("?)<\$((?:\.\w+)+)>("?)/g, (_, open: string, path: string, close: string) => {
    const value = path
      .split('.')
      .slice(1)
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], record)
    if (value === undefined) return 'null'
    return open && close ? `"${String(value)}"` : `${open}${JSON.stringify(value)}${close}`
  })
  return filled.replaceAll(/"\w+": null,? ?/g, '').replace(/, }$/, '}')
}
