import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ensureTrainerVenv } from './test-trainer-venv.ts'

// Lint, format and tests of the Python trainer with the real frameworks; the last line is `N passed, N failed`.
const folder = fileURLToPath(new URL('../containers/trainer/', import.meta.url))
const report = fileURLToPath(new URL(`../node_modules/.cache/trainer-report-${process.pid}.xml`, import.meta.url))

const counts = { passed: 0, failed: 0 }
const found = ensureTrainerVenv()
if ('missing' in found) {
  console.error(found.missing)
  counts.failed += 1
} else {
  for (const check of [
    ['check', '.'],
    ['format', '--check', '.'],
  ]) {
    const passed = run(found.python, ['-m', 'ruff', ...check, '--no-cache']) === 0
    counts[passed ? 'passed' : 'failed'] += 1
  }
  test(found.python)
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 ? 0 : 1

function test(python: string): void {
  const code = run(python, ['-m', 'pytest', `--junit-xml=${report}`, ...process.argv.slice(2)])
  const seen = readReport()
  rmSync(report, { force: true })
  if (!seen) {
    console.error(`pytest ended with exit code ${code} and wrote no report`)
    counts.failed += 1
    return
  }
  const failed = seen.failures + seen.errors
  counts.passed += seen.tests - failed - seen.skipped
  counts.failed += failed === 0 && code !== 0 ? 1 : failed
  if (seen.skipped > 0) console.log(`${seen.skipped} skipped, each says why`)
}

function run(python: string, args: string[]): number | null {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', HF_HUB_OFFLINE: '1' }
  return spawnSync(python, args, { cwd: folder, env, stdio: 'inherit' }).status
}

/** The counts of a JUnit report; an error in a fixture counts beside its test. */
function readReport(): { tests: number; failures: number; errors: number; skipped: number } | undefined {
  try {
    const suite = readFileSync(report, 'utf8').match(/<testsuite [^>]*>/)?.[0] ?? ''
    const count = (name: string) => Number(suite.match(new RegExp(` ${name}="(\\d+)"`))?.[1])
    const counted = {
      tests: count('tests'),
      failures: count('failures'),
      errors: count('errors'),
      skipped: count('skipped'),
    }
    return Object.values(counted).some(Number.isNaN) ? undefined : counted
  } catch {
    return undefined
  }
}
