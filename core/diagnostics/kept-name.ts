/** How many numbers of memory a name takes; longer names are cut. */
export const nameNumbers = 12

/** Three bytes of the name per number: what single precision holds exactly. */
export function keepName(own: Float32Array, at: number, name: string): void {
  const bytes = new TextEncoder().encode(name)
  for (let i = 0; i < nameNumbers; i++) {
    own[at + i] = (bytes[3 * i] ?? 0) + (bytes[3 * i + 1] ?? 0) * 256 + (bytes[3 * i + 2] ?? 0) * 65536
  }
}

/** Empty where none was kept. */
export function keptName(own: Float32Array, at: number): string {
  const kept = [...own.subarray(at, at + nameNumbers)]
  const bytes = kept.flatMap((three) => [three & 255, (three >> 8) & 255, (three >> 16) & 255])
  return new TextDecoder().decode(Uint8Array.from(bytes.filter((byte) => byte > 0)))
}
