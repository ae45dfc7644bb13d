import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMerkleTree, type ProofClaim, proofFor, verifyProof } from '../../../core/datasets/merkle.ts'

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const bytes = (text: string) => new TextEncoder().encode(text)

/** The definitions of RFC 6962, section 2.1, as they stand there. */
function plainRoot(leaves: Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return sha256(Buffer.of(0), leaves[0] as Uint8Array)
  const k = split(leaves.length)
  return sha256(Buffer.of(1), plainRoot(leaves.slice(0, k)), plainRoot(leaves.slice(k)))
}

function plainPath(index: number, leaves: Uint8Array[]): Buffer[] {
  if (leaves.length === 1) return []
  const k = split(leaves.length)
  return index < k
    ? [...plainPath(index, leaves.slice(0, k)), plainRoot(leaves.slice(k))]
    : [...plainPath(index - k, leaves.slice(k)), plainRoot(leaves.slice(0, k))]
}

function split(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

function rootOf(leaves: Uint8Array[]): string {
  const tree = createMerkleTree()
  for (const leaf of leaves) tree.add(leaf)
  return tree.root()
}

async function* streamed<T>(items: T[]): AsyncGenerator<T> {
  yield* items
}

async function claimOf(leaves: Uint8Array[], index: number): Promise<ProofClaim> {
  const proof = await proofFor(streamed(leaves), index)
  if (!proof) throw new Error(`no proof of leaf ${index}`)
  return { ...proof, index }
}

const numbered = (n: number) => Array.from({ length: n }, (_, i) => bytes(`{"row":${i}}`))

describe('the tree of', () => {
  // The vectors of the reference implementation of RFC 6962 (certificate-transparency, merkle_tree_test).
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const roots = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]

  it.each(roots.map((root, i) => [i + 1, root] as const))('the first %i leaves of the RFC has its root', (n, root) => {
    expect(rootOf(inputs.slice(0, n).map((hex) => Buffer.from(hex, 'hex')))).toBe(root)
  })

  it('no leaves is the digest of nothing', () => {
    expect(createMerkleTree().root()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  it('any number of leaves up to 70 has the root and the paths of the definition', async () => {
    for (let n = 1; n <= 70; n++) {
      const leaves = numbered(n)
      expect(rootOf(leaves)).toBe(plainRoot(leaves).toString('hex'))
      for (let index = 0; index < n; index++) {
        const claim = await claimOf(leaves, index)
        expect(claim.path).toEqual(plainPath(index, leaves).map((each) => each.toString('hex')))
        expect(verifyProof(claim)).toBe(true)
      }
    }
  })

  it('leaves longer than its buffer has the root of the definition', () => {
    const leaves = [64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 300_000].map((length) =>
      new Uint8Array(length).fill(length),
    )
    for (const leaf of leaves) expect(rootOf([leaf])).toBe(plainRoot([leaf]).toString('hex'))
    expect(rootOf(leaves)).toBe(plainRoot(leaves).toString('hex'))
  })

  it('leaves whose buffer is used again has the root of what they were', () => {
    const buffer = new Uint8Array(4)
    const tree = createMerkleTree()
    const leaves = [1, 2, 3].map((value) => new Uint8Array(4).fill(value))
    for (const leaf of leaves) {
      buffer.set(leaf)
      tree.add(buffer)
    }
    expect(tree.root()).toBe(rootOf(leaves))
  })

  it('other leaves, or the same in another order or number, has another root', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        (leaves, at) => {
          const root = rootOf(leaves)
          const i = at % leaves.length
          const changed = leaves.with(i, Uint8Array.from([...(leaves[i] as Uint8Array), 0]))
          expect(rootOf(changed)).not.toBe(root)
          expect(rootOf(leaves.slice(0, -1))).not.toBe(root)
          expect(rootOf([...leaves, leaves.at(-1) as Uint8Array])).not.toBe(root)
        },
      ),
      { seed: 1 },
    )
  })
})

describe('a proof', () => {
  it('of a row that is not there is undefined', async () => {
    for (const index of [3, -1, 0.5, Number.NaN]) expect(await proofFor(streamed(numbered(3)), index)).toBeUndefined()
  })

  it('is refused when one byte of row, path or root, or one place or count, is another', async () => {
    const shapes = fc.integer({ min: 1, max: 200 }).chain((n) => fc.tuple(fc.constant(n), fc.nat({ max: n - 1 })))
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(), fc.integer({ min: 1, max: 255 }), async ([n, index], place, difference) => {
        const claim = await claimOf(numbered(n), index)
        expect(verifyProof(claim)).toBe(true)
        const flipped = (hex: string) => {
          const changed = Buffer.from(hex, 'hex')
          const at = place % changed.length
          changed[at] = (changed[at] as number) ^ difference
          return changed.toString('hex')
        }
        const leaf = claim.leaf.slice()
        leaf[place % leaf.length] = (leaf[place % leaf.length] as number) ^ difference
        expect(verifyProof({ ...claim, leaf })).toBe(false)
        expect(verifyProof({ ...claim, root: flipped(claim.root) })).toBe(false)
        for (const [i, sibling] of claim.path.entries())
          expect(verifyProof({ ...claim, path: claim.path.with(i, flipped(sibling)) })).toBe(false)
        expect(verifyProof({ ...claim, path: [...claim.path, claim.root] })).toBe(false)
        if (n === 1) return
        expect(verifyProof({ ...claim, path: claim.path.slice(0, -1) })).toBe(false)
        expect(verifyProof({ ...claim, index: index === 0 ? 1 : index - 1 })).toBe(false)
      }),
      { seed: 2, numRuns: 150 },
    )
  })

  it.each([
    { index: -1 },
    { index: 2 },
    { index: 0.5 },
    { leaves: 0 },
    { leaves: Number.NaN },
    { index: Number.NaN },
    { path: ['AB'.repeat(32)] },
    { path: [''] },
  ])('with %j is refused', async (change) => {
    expect(verifyProof({ ...(await claimOf(numbered(2), 0)), ...change })).toBe(false)
  })

  it('of a row among two as if it were the only one is refused', async () => {
    expect(verifyProof({ ...(await claimOf(numbered(2), 1)), index: 0, leaves: 1 })).toBe(false)
  })

  it('of a node as if it were a row is refused', async () => {
    const leaves = numbered(4)
    const [left, right] = [plainRoot(leaves.slice(0, 2)), plainRoot(leaves.slice(2))]
    const forged = { leaf: Buffer.concat([left, right]), index: 0, leaves: 1, path: [], root: rootOf(leaves) }
    expect(verifyProof(forged)).toBe(false)
  })
})
