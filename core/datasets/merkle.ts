import { createHash, hash } from 'node:crypto'

/** SHA-256 as 32 characters of Latin-1: of all the forms that node gives a digest in, the cheapest to make and to keep. */
type Digest = string

export interface MerkleTree {
  /** The next leaf: a row's bytes without their newline. They are not kept. */
  add(leaf: Uint8Array): void
  /** Lower-case hex, of the leaves so far; they may go on. */
  root(): string
}

/** The Merkle tree hash of RFC 6962, section 2.1, over leaves as they come, in memory of the tree's height. */
export function createMerkleTree(): MerkleTree {
  const peaks = createPeaks(Number.NaN)
  return { add: (leaf) => peaks.add(leafDigest(leaf)), root: () => hex(peaks.fold().digest) }
}

export interface Proof {
  leaf: Uint8Array
  /** Siblings from the leaf to the root, lower-case hex. */
  path: string[]
  root: string
  leaves: number
}

/** The audit path of leaf `index` (RFC 6962, 2.1.1), in one pass and memory of the tree's height; undefined past the last leaf. */
export async function proofFor(leaves: AsyncIterable<Uint8Array>, index: number): Promise<Proof | undefined> {
  const peaks = createPeaks(index)
  let found: Uint8Array | undefined
  let count = 0
  for await (const leaf of leaves) {
    if (count === index) found = leaf.slice()
    peaks.add(leafDigest(leaf))
    count += 1
  }
  const { digest, path } = peaks.fold()
  return found && { leaf: found, path: path.map(hex), root: hex(digest), leaves: count }
}

export interface ProofClaim {
  leaf: Uint8Array
  /** From 0. */
  index: number
  leaves: number
  path: readonly string[]
  root: string
}

/** Whether the leaf is the one at `index` of the tree with this root (RFC 9162, 2.1.3.2). */
export function verifyProof({ leaf, index, leaves, path, root }: ProofClaim): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(leaves) || !(index >= 0 && index < leaves)) return false
  let at = index
  let last = leaves - 1
  let digest = leafDigest(leaf)
  for (const sibling of path) {
    if (last === 0 || !/^[0-9a-f]{64}$/.test(sibling)) return false
    const other = Buffer.from(sibling, 'hex').toString('latin1')
    if (at % 2 === 1 || at === last) {
      digest = nodeDigest(other, digest)
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)]
    } else digest = nodeDigest(digest, other)
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  return last === 0 && hex(digest) === root
}

interface Subtree {
  digest: Digest
  leaves: number
  /** Siblings on the way up from the watched leaf; undefined where it is not below. */
  path: Digest[] | undefined
}

/** The perfect subtrees that the leaves so far make, largest first: one for each bit of their number. */
function createPeaks(watched: number) {
  const peaks: Subtree[] = []
  let count = 0

  return {
    add(digest: Digest): void {
      let right: Subtree = { digest, leaves: 1, path: count === watched ? [] : undefined }
      count += 1
      while (peaks.at(-1)?.leaves === right.leaves) right = joined(peaks.pop() as Subtree, right)
      peaks.push(right)
    },
    fold(): { digest: Digest; path: Digest[] } {
      const whole = peaks.length === 0 ? undefined : peaks.reduceRight((right, left) => joined(left, right))
      return { digest: whole?.digest ?? hash('sha256', '', 'binary'), path: whole?.path ?? [] }
    },
  }
}

function joined(left: Subtree, right: Subtree): Subtree {
  const digest = nodeDigest(left.digest, right.digest)
  const path = left.path ? [...left.path, right.digest] : right.path && [...right.path, left.digest]
  return { digest, leaves: left.leaves + right.leaves, path }
}

// One-shot hashing of a reused buffer takes a third of the time of a Hash object for rows of ordinary length.
const scratch = Buffer.alloc(64 * 1024)
const node = Buffer.alloc(65, 1)

function leafDigest(leaf: Uint8Array): Digest {
  if (leaf.length >= scratch.length) return createHash('sha256').update('\0').update(leaf).digest('binary')
  scratch[0] = 0
  scratch.set(leaf, 1)
  return hash('sha256', scratch.subarray(0, leaf.length + 1), 'binary')
}

function nodeDigest(left: Digest, right: Digest): Digest {
  node.write(left, 1, 'latin1')
  node.write(right, 33, 'latin1')
  return hash('sha256', node, 'binary')
}

function hex(digest: Digest): string {
  return Buffer.from(digest, 'latin1').toString('hex')
}
