import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { sourceFolders } from './source-folders.ts'

// Lint, types, boundaries and tests; the last line is `N passed, N failed`, where each of the first four counts as one.
const report = `node_modules/.vitest-report-${process.pid}.json`
const checks: [string, string[]][] = [
  ['lint', ['biome', 'check', '--error-on-warnings', '.']],
  ['types', ['tsc', '--noEmit', '-p', '.']],
  ['console types', ['vue-tsc', '--noEmit', '-p', 'console/tsconfig.json']],
  ['boundaries', ['depcruise', '--config', '.dependency-cruiser.cjs', '--output-type', 'err', ...sourceFolders]],
]

let passed = 0
let failed = 0
for (const [name, [command = '', ...args]] of checks) {
  const started = performance.now()
  const { code, output } = await run(command, args)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`)
  if (code === 0) passed += 1
  else {
    failed += 1
    process.stdout.write(`${output}\n`)
  }
}

const { code, output } = await run(
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  true,
)
const counts = await readCounts()
if (!counts) {
  process.stdout.write(`${output}\nvitest ended with exit code ${code} and wrote no report\n`)
  failed += 1
} else {
  passed += counts.numPassedTests
  failed += counts.numFailedTests + counts.suitesWithoutTests
  if (code !== 0 && counts.numFailedTests + counts.suitesWithoutTests === 0) failed += 1
  if (counts.numPendingTests > 0) process.stdout.write(`${counts.numPendingTests} skipped, each says why\n`)
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function run(command: string, args: string[], show = false): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'] })
    let output = ''
    child.stdout?.on('data', (piece) => (output += piece))
    child.stderr?.on('data', (piece) => (output += piece))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}

interface Report {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  testResults: { status: string; assertionResults: { status: string }[] }[]
}

async function readCounts(): Promise<(Report & { suitesWithoutTests: number }) | undefined> {
  try {
    const counts = JSON.parse(await readFile(report, 'utf8')) as Report
    const broken = counts.testResults.filter(
      (suite) => suite.status === 'failed' && !suite.assertionResults.some((each) => each.status === 'failed'),
    )
    return { ...counts, suitesWithoutTests: broken.length }
  } catch {
    return undefined
  } finally {
    await rm(report, { force: true })
  }
}
