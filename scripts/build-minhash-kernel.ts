import { writeFile } from 'node:fs/promises'
import wabt from 'wabt'

/** `node scripts/build-minhash-kernel.ts` writes the kernel that core/data-factory/near-dup/minhash.ts runs. */
const path = new URL('../core/data-factory/near-dup/minhash-kernel.ts', import.meta.url)
const registers = [0, 1, 2, 3]

// Bytes 0..511 multipliers, 512..1023 addends, 1024..1535 minima, from 2048 on the shingles (u32).
const source = `(module
  (memory (export "memory") 4)
  (func (export "lower") (param $count i32)
    (local $lane i32) (local $at i32) (local $end i32) (local $x v128) (local $v v128)
    ${registers.map((n) => `(local $a${n} v128) (local $c${n} v128) (local $m${n} v128)`).join('\n    ')}
    (local.set $end (i32.add (i32.const 2048) (i32.shl (local.get $count) (i32.const 2))))
    (loop $lanes
      ${registers.map(load).join('\n      ')}
      (local.set $at (i32.const 2048))
      (block $done
        (loop $shingles
          (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
          (local.set $x (v128.load32_splat (local.get $at)))
          ${registers.map(step).join('\n          ')}
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (br $shingles)))
      ${registers.map((n) => `(v128.store offset=${1024 + 16 * n} (local.get $lane) (local.get $m${n}))`).join('\n      ')}
      (local.set $lane (i32.add (local.get $lane) (i32.const 64)))
      (br_if $lanes (i32.lt_u (local.get $lane) (i32.const 512))))))`

/** The text of minhash-kernel.ts. */
export async function kernelModule(): Promise<string> {
  const module = (await wabt()).parseWat('minhash.wat', source, { simd: true })
  const { buffer } = module.toBinary({})
  module.destroy()
  const text = Buffer.from(buffer).toString('base64')
  const lines = text.match(/.{1,100}/g)!.map((line) => `  '${line}'`)
  return `// Written by scripts/build-minhash-kernel.ts, which holds the source.

/** WebAssembly of ${buffer.length} bytes, in base64: lowers 128 minima by u32 shingles. */
export const minhashKernel =
${lines.join(' +\n')}
`
}

function load(n: number): string {
  return [
    `(local.set $a${n} (v128.load offset=${16 * n} (local.get $lane)))`,
    `(local.set $c${n} (v128.load offset=${512 + 16 * n} (local.get $lane)))`,
    `(local.set $m${n} (v128.load offset=${1024 + 16 * n} (local.get $lane)))`,
  ].join(' ')
}

function step(n: number): string {
  return [
    `(local.set $v (i32x4.add (i32x4.mul (local.get $x) (local.get $a${n})) (local.get $c${n})))`,
    `(local.set $v (v128.xor (local.get $v) (i32x4.shr_u (local.get $v) (i32.const 15))))`,
    `(local.set $m${n} (i32x4.min_u (local.get $m${n}) (local.get $v)))`,
  ].join(' ')
}

if (import.meta.main) await writeFile(path, await kernelModule())
