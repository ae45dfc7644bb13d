import { randomBytes } from 'node:crypto'
import type { Clock, Ids } from '../../core/platform/ports.ts'

// 36^7 seconds last until the year 4453; 13 random characters are 67 bits.
const TIME_CHARACTERS = 7
const RANDOM_CHARACTERS = 13
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'
// The largest multiple of 36 in a byte: a byte above it would favour the first characters.
const FAIR_BYTES = 252

/** Ids of 20 characters: seconds in base 36, then cryptographic randomness. */
export function createIds(clock: Clock): Ids {
  return {
    next() {
      const seconds = Math.floor(clock.now().getTime() / 1000)
      return seconds.toString(36).padStart(TIME_CHARACTERS, '0') + randomText(RANDOM_CHARACTERS)
    },
    random: Math.random,
  }
}

function randomText(length: number): string {
  let text = ''
  while (text.length < length)
    for (const byte of randomBytes(length)) if (byte < FAIR_BYTES && text.length < length) text += ALPHABET[byte % 36]
  return text
}
