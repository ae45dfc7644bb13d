/** A body of server-sent events that a test writes to. */
export function stubStream() {
  const encoder = new TextEncoder()
  let open: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      open = controller
      controller.enqueue(encoder.encode('retry: 1000\n\n'))
    },
    cancel() {
      open = undefined
    },
  })
  return {
    stream,
    isOpen: () => open !== undefined,
    send(event: string, id: string, data: unknown) {
      open?.enqueue(encoder.encode(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`))
    },
    close() {
      open?.close()
      open = undefined
    },
  }
}
