/** An event as a client gets it. */
export interface Seen {
  event: string
  id: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers as a client would, without a schema.
  data: any
}

/** Reads server-sent events until the stream ends, or `count` of them. */
export async function readEvents(response: Response, count = Number.POSITIVE_INFINITY): Promise<Seen[]> {
  const seen: Seen[] = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      const event = field('event')
      if (event) seen.push({ event, id: field('id') ?? '', data: JSON.parse(field('data') ?? '') })
    }
    if (seen.length >= count) break
  }
  return seen.slice(0, count)
}

/** Looks every 5 ms until it is so; throws after 10 s. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const ends = performance.now() + 10_000
  while (!(await isSo())) {
    if (performance.now() > ends) throw new Error(`not within 10 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
