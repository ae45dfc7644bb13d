/** Files as a gzip-compressed tar archive (ustar). Names up to 100 bytes; time stamps are 0, so equal files give equal archives. */
export async function tarGz(files: ReadonlyArray<{ name: string; bytes: Uint8Array }>): Promise<Uint8Array> {
  const blocks: Uint8Array[] = []
  for (const { name, bytes } of files)
    blocks.push(header(name, bytes.length), bytes, new Uint8Array((512 - (bytes.length % 512)) % 512))
  blocks.push(new Uint8Array(1024))
  const packed = new Blob(blocks as Uint8Array<ArrayBuffer>[]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(packed).arrayBuffer())
}

function header(name: string, size: number): Uint8Array {
  const block = new Uint8Array(512)
  const encoder = new TextEncoder()
  const field = (offset: number, text: string) => block.set(encoder.encode(text), offset)
  const octal = (value: number, width: number) => value.toString(8).padStart(width - 1, '0')
  const encoded = encoder.encode(name)
  if (encoded.length > 100) throw new RangeError(`tar name "${name}" is longer than 100 bytes`)
  block.set(encoded, 0)
  field(100, octal(0o644, 8))
  field(108, octal(0, 8))
  field(116, octal(0, 8))
  field(124, octal(size, 12))
  field(136, octal(0, 12))
  field(148, '        ')
  field(156, '0')
  field(257, 'ustar\x0000')
  const sum = block.reduce((total, byte) => total + byte, 0)
  field(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}
