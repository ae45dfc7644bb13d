import { createHash } from 'node:crypto'
import type { DatasetVerification, DatasetVersion } from '../../schemas/dataset.ts'
import { Fault } from '../platform/fault.ts'
import type { Blobs } from '../platform/ports.ts'
import { createMerkleTree } from './merkle.ts'
import { dataFile, manifestFile, mend, readManifest, readReport, storedRows } from './version-files.ts'

type Problems = { problems: string[] }

/** Reads every stored byte of a version again: rows against digest, Merkle root and counts, then manifest and report. */
export async function verifyVersion(blobs: Blobs, version: DatasetVersion): Promise<DatasetVerification> {
  const { name, digest } = version
  const data = await verifyRows(blobs, version)
  const problems = [
    ...data.problems,
    ...(await verifyManifest(blobs, version)),
    ...(await verifyReport(blobs, version)),
  ]
  return { name, digest, ok: problems.length === 0, problems, rows: data.rows, bytes: data.bytes }
}

async function verifyRows(blobs: Blobs, version: DatasetVersion): Promise<Problems & { rows: number; bytes: number }> {
  const hash = createHash('sha256')
  const tree = createMerkleTree()
  let [rows, bytes] = [0, 0]
  const watch = (piece: Uint8Array) => {
    hash.update(piece)
    bytes += piece.length
  }
  const problem = await problemOf(async () => {
    for await (const row of storedRows(blobs, version, watch)) {
      tree.add(row.bytes)
      rows += 1
    }
  })
  if (problem !== undefined) return { rows, bytes, problems: [`${dataFile}: ${problem}`] }
  const found = { digest: hash.digest('hex'), merkle_root: tree.root(), rows, bytes }
  return { rows, bytes, problems: differences(dataFile, found, version) }
}

async function verifyManifest(blobs: Blobs, version: DatasetVersion): Promise<string[]> {
  const problems: string[] = []
  const problem = await problemOf(async () => {
    const { files, merkle_root, rows, format } = await readManifest(blobs, version)
    const listed = { digest: files[dataFile]?.sha256, merkle_root, rows, format, bytes: files[dataFile]?.size }
    problems.push(...differences(manifestFile, listed, version))
  })
  return problem === undefined ? problems : [problem]
}

async function verifyReport(blobs: Blobs, version: DatasetVersion): Promise<string[]> {
  const problems: string[] = []
  const problem = await problemOf(async () => {
    const { rows } = await readReport(blobs, version)
    problems.push(...differences('report.json', { rows }, version))
  })
  return problem === undefined ? problems : [problem]
}

function differences(file: string, found: Partial<Record<keyof DatasetVersion, unknown>>, version: DatasetVersion) {
  return Object.entries(found)
    .filter(([field, value]) => value !== version[field as keyof DatasetVersion])
    .map(([field, value]) => {
      const said = version[field as keyof DatasetVersion]
      return `${file}: ${field} is ${value ?? 'not there'}, the version's record says ${said}; ${mend}`
    })
}

/** What is wrong with stored bytes; whatever else goes wrong is thrown. */
async function problemOf(read: () => Promise<void>): Promise<string | undefined> {
  try {
    await read()
    return undefined
  } catch (error) {
    const isProblem = error instanceof Fault && ['not_found', 'corrupt', 'invalid'].includes(error.code)
    if (!isProblem) throw error
    return error.message.includes(mend) ? error.message : `${error.message}; ${mend}`
  }
}
