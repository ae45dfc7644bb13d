import * as z from 'zod'

export type Tensor = { shape: number[]; data: Float32Array }
export type Tensors = Record<string, Tensor>

const Entry = z.object({
  dtype: z.literal('F32'),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
})

/** The safetensors bytes of float32 tensors: u64 header length, JSON header padded to 8 bytes, raw little-endian data. */
export function encodeSafetensors(tensors: Tensors, metadata?: Record<string, string>): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {}
  const names = Object.keys(tensors).sort()
  let offset = 0
  for (const name of names) {
    const { shape, data } = tensors[name]!
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] }
    offset += data.byteLength
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const padded = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + padded + offset).fill(0x20, 8, 8 + padded)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(padded), true)
  bytes.set(json, 8)
  let at = 8 + padded
  for (const name of names) {
    for (const value of tensors[name]!.data) {
      view.setFloat32(at, value, true)
      at += 4
    }
  }
  return bytes
}

/** The tensors of a safetensors file that holds only float32. Throws an Error that names what is wrong. */
export function decodeSafetensors(bytes: Uint8Array): Tensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = bytes.length < 8 ? -1 : Number(view.getBigUint64(0, true))
  if (length < 0 || 8 + length > bytes.length) throw new Error('not a safetensors file: the header is cut short')
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, unknown>
  const tensors: Tensors = {}
  for (const [name, raw] of Object.entries(header)) {
    if (name === '__metadata__') continue
    const entry = Entry.safeParse(raw)
    if (!entry.success) throw new Error(`tensor "${name}" has a header entry that is not a float32 tensor`)
    const [start, end] = entry.data.data_offsets
    const size = entry.data.shape.reduce((a, b) => a * b, 1)
    if (end - start !== size * 4 || 8 + length + end > bytes.length) {
      throw new Error(`tensor "${name}" claims bytes ${start}-${end} for shape [${entry.data.shape}]`)
    }
    const data = new Float32Array(size)
    for (let i = 0; i < size; i++) data[i] = view.getFloat32(8 + length + start + i * 4, true)
    tensors[name] = { shape: entry.data.shape, data }
  }
  return tensors
}
