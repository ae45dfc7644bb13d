/** Why this browser cannot check a proof; undefined when it can. WebCrypto is there for HTTPS and this machine's own address alone. */
export function noCryptoBecause(): string | undefined {
  return globalThis.crypto?.subtle
    ? undefined
    : 'this page was loaded over plain HTTP, where browsers have no WebCrypto: use HTTPS or http://127.0.0.1'
}

/** SHA-256, of 32 bytes. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Of lower-case hex, two digits a byte. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
}

/** Of Base64; throws when it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
