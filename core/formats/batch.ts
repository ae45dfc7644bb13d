import type { Breach } from '../platform/fault.ts'

/** What rows are counted in: lines of JSONL, or rows of a JSON array, CSV or Parquet. */
export type Unit = 'line' | 'row'

/** About 1 MB of JSON, one row per line: what one worker parses at a time. Every number is used by one line, blank or not. */
export interface Batch {
  /** Complete lines; the last newline may be missing. */
  bytes: Uint8Array
  unit: Unit
  /** Of the first line, from 1. */
  firstNumber: number
  /** Lines that are not blank. */
  rows: number
  /** Of rows that could not be cut out; their lines are blank. */
  problems: Breach[]
  /** How many rows those are. */
  bad: number
  /** Of the first of them; infinite when there is none. */
  firstBad: number
}

/** Batches are closed at this size. */
export const batchBytes = 1024 * 1024
/** A row above this is refused, and never held in memory. */
export const maxRowBytes = 16 * 1024 * 1024
/** Problems are listed up to this many, and counted beyond. */
export const maxProblems = 100

/** A problem with its place in the file before its pointer and message; `number` from 1. */
export function placed(unit: Unit, number: number, problem: Breach): Breach {
  const where = `${unit} ${number}${problem.pointer && ` at ${problem.pointer}`}`
  return { ...problem, pointer: `/${unit}s/${number}${problem.pointer}`, message: `${where} ${problem.message}` }
}

/** The problem of a row that is too long. */
export function tooLong(unit: Unit, number: number): Breach {
  return placed(unit, number, {
    pointer: '',
    code: 'bad_line',
    message: `is longer than ${maxRowBytes} bytes`,
    remedy: 'Split the row, or remove the blob in it.',
  })
}

/** Gathers rows of JSON into batches. */
export function createBatcher(unit: Unit) {
  let parts: Uint8Array[] = []
  let size = 0
  let rows = 0
  let problems: Breach[] = []
  let bad = 0
  let firstBad = Number.POSITIVE_INFINITY
  let number = 1
  let firstNumber = 1
  const newline = Uint8Array.of(10)

  return {
    /** Of the row that comes next. */
    number: () => number,
    isFull: () => size >= batchBytes || problems.length >= maxProblems,
    isEmpty: () => size === 0 && problems.length === 0,
    /** `json` without newlines; pieces of one row. */
    add(...json: Uint8Array[]) {
      for (const part of json) size += part.length
      parts.push(...json, newline)
      size += 1
      rows += 1
      number += 1
    },
    /** A row that cannot be read: a blank line. */
    addProblem(...found: Breach[]) {
      parts.push(newline)
      size += 1
      problems.push(...found)
      bad += 1
      firstBad = Math.min(firstBad, number)
      number += 1
    },
    take(): Batch {
      const batch: Batch = { bytes: Buffer.concat(parts), unit, firstNumber, rows, problems, bad, firstBad }
      parts = []
      size = 0
      rows = 0
      problems = []
      bad = 0
      firstBad = Number.POSITIVE_INFINITY
      firstNumber = number
      return batch
    },
  }
}
