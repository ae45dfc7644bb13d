import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../containers/trainer/', import.meta.url))
const requirements = `${folder}requirements-test.txt`
const constraints = `${folder}constraints-test.txt`
const place = fileURLToPath(new URL('../node_modules/.cache/trainer-venv', import.meta.url))
// What the pinned packages need.
const OLDEST_PYTHON = { major: 3, minor: 11 }

export type Interpreter = { python: string } | { missing: string }

/**
 * The interpreter of an environment that holds exactly what the trainer's tests are pinned to, or why there is none. A second run
 * with the same pins installs nothing.
 */
export function ensureTrainerVenv(): Interpreter {
  const pins = readFileSync(requirements, 'utf8') + readFileSync(constraints, 'utf8')
  const wanted = createHash('sha256').update(pins).digest('hex')
  if (isInstalled(wanted)) return { python: interpreter(place) }
  const found = findPython()
  if ('missing' in found) return found

  // Built beside its place and moved there whole: a run that ends halfway leaves no half environment.
  const building = `${place}-${process.pid}`
  mkdirSync(dirname(place), { recursive: true })
  try {
    console.log('Installing torch, transformers and trl for the tests of the trainer, once ...')
    const problem = build(found.python, building)
    if (problem !== undefined) return { missing: problem }
    writeFileSync(stampOf(building), wanted)
    rmSync(place, { recursive: true, force: true })
    renameSync(building, place)
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
  return { python: interpreter(place) }
}

function isInstalled(wanted: string): boolean {
  const stamp = stampOf(place)
  // An environment starts no more once the interpreter that made it is gone.
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && call(interpreter(place), '-c', '0').ok
}

function findPython(): Interpreter {
  for (const python of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python']) {
    const { ok, output } = call(python, '-c', 'import sys; print(*sys.version_info[:2])')
    const [major = 0, minor = 0] = output.split(' ').map(Number)
    if (ok && major === OLDEST_PYTHON.major && minor >= OLDEST_PYTHON.minor) return { python }
  }
  return { missing: `no Python of version ${OLDEST_PYTHON.major}.${OLDEST_PYTHON.minor} or newer is on the PATH` }
}

function build(python: string, directory: string): string | undefined {
  const venv = call(python, '-m', 'venv', directory)
  if (!venv.ok)
    return `${python} -m venv failed (Debian, Ubuntu: apt-get install python3-venv): ${lastLine(venv.output)}`
  const torch = readFileSync(constraints, 'utf8').match(/^torch==.*$/m)?.[0] ?? ''
  // torch first and by its exact version: a range takes the newest one, with gigabytes of libraries for GPUs.
  for (const wanted of [[torch], ['-r', requirements]]) {
    const options = ['--quiet', '--disable-pip-version-check', '--no-input', '-c', constraints]
    const pip = call(interpreter(directory), '-m', 'pip', 'install', ...options, ...wanted)
    if (!pip.ok) return `pip install ${wanted.join(' ')} failed: ${lastLine(pip.output)}`
  }
  return undefined
}

function call(command: string, ...args: string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr, error }: SpawnSyncReturns<string> = spawnSync(command, args, { encoding: 'utf8' })
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim() }
}

const stampOf = (directory: string) => `${directory}/sluice-requirements`
const interpreter = (directory: string) => `${directory}/bin/python`
const lastLine = (output: string) => output.split('\n').at(-1) || 'no output'
