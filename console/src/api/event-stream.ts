export interface StreamEvent {
  event: string
  id: string
  data: unknown
}

/** The events of a `text/event-stream` whose data are JSON. Comments and fields that nobody reads are passed over. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const blocks = (rest + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n').split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = parseEvent(block)
        if (event) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function parseEvent(block: string): StreamEvent | undefined {
  const fields: Record<string, string> = {}
  for (const line of block.split('\n')) {
    const [, name, value = ''] = /^(\w+)(?:: ?(.*))?$/.exec(line) ?? []
    if (name) fields[name] = name === 'data' && fields.data !== undefined ? `${fields.data}\n${value}` : value
  }
  if (fields.data === undefined) return undefined
  return { event: fields.event ?? 'message', id: fields.id ?? '', data: JSON.parse(fields.data) }
}
