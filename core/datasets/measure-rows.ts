import { createHash } from 'node:crypto'
import type { DatasetReport } from '../../schemas/dataset.ts'
import type { OperatorReport } from '../../schemas/operator-report.ts'
import type { Row } from '../../schemas/rows.ts'
import { createDatasetReport } from './dataset-report.ts'
import { createMerkleTree } from './merkle.ts'

/** What identifies and describes canonical rows. */
export interface Measured {
  /** Of the rows as they are stored, each with its newline. */
  digest: string
  merkle_root: string
  rows: number
  bytes: number
  report: DatasetReport
}

const newline = 10

/** Measures canonical rows one by one: `json` is the row as one line of JSON without its newline. */
export function createMeasure(report = createDatasetReport()): {
  add(json: string, row?: Row): void
  finish(operators?: OperatorReport[]): Measured
} {
  const hash = createHash('sha256')
  const tree = createMerkleTree()
  let buffer = Buffer.alloc(256 * 1024)
  let held = 0
  let rows = 0
  let bytes = 0

  return {
    add(json, row = JSON.parse(json) as Row) {
      // A UTF-16 unit has at most three bytes of UTF-8.
      const most = 3 * json.length + 1
      if (held + most > buffer.length) {
        hash.update(buffer.subarray(0, held))
        held = 0
        if (most > buffer.length) buffer = Buffer.alloc(most)
      }
      const length = buffer.write(json, held, 'utf8')
      tree.add(buffer.subarray(held, held + length))
      buffer[held + length] = newline
      held += length + 1
      bytes += length + 1
      rows += 1
      report.add(row, json)
    },
    finish(operators) {
      hash.update(buffer.subarray(0, held))
      return {
        digest: hash.digest('hex'),
        merkle_root: tree.root(),
        rows,
        bytes,
        report: report.finish(operators),
      }
    },
  }
}
