import { styleText } from 'node:util'
import type { Io } from '../io.ts'

export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong' | 'accent'
export type Paint = (tone: Tone, text: string) => string

const styles = { good: 'green', bad: 'red', warn: 'yellow', dim: 'dim', strong: 'bold', accent: 'cyan' } as const

export const plain: Paint = (_tone, text) => text

/** Colours on a terminal only, and not when NO_COLOR is set or the terminal is dumb. */
export function hasColours(io: Pick<Io, 'isTTY' | 'env'>): boolean {
  return io.isTTY && !io.env.NO_COLOR && io.env.TERM !== 'dumb'
}

export function createPaint(io: Pick<Io, 'isTTY' | 'env'>): Paint {
  if (!hasColours(io)) return plain
  return (tone, text) => (text === '' ? '' : styleText(styles[tone], text, { validateStream: false }))
}
