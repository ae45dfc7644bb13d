import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// What the pinned packages need.
const oldestPython = { major: 3, minor: 11 }

export type Python = { python: string } | { missing: string }

export interface PythonPackages {
  /** For people. */
  what: string
  /** Where the environment is kept. */
  directory: string
  /** The path of a requirements.txt. */
  requirements: string
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** The client by which the tests of MLflow's protocol log. */
export const mlflowClient: PythonPackages = {
  what: 'the MLflow client',
  directory: `${root}.venv-mlflow`,
  requirements: `${root}test/mlflow/requirements.txt`,
}

/**
 * The interpreter of an environment that holds exactly these packages, or why there is none. A second run with the same requirements
 * installs nothing.
 */
export function ensurePython({ what, directory, requirements }: PythonPackages): Python {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (isInstalled(directory, wanted)) return { python: interpreter(directory) }
  const found = findPython(what)
  if ('missing' in found) return found

  // Built beside its place and moved there whole: a run that ends halfway leaves no half environment.
  const building = `${directory}-${process.pid}`
  try {
    console.log(`Installing ${what} (pip install -r ${requirements}) ...`)
    const problem = build(found.python, building, requirements)
    if (problem !== undefined) return { missing: problem }
    writeFileSync(stampOf(building), wanted)
    writeFileSync(`${building}/.gitignore`, '*\n')
    replace(directory, building)
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
  return isInstalled(directory, wanted)
    ? { python: interpreter(directory) }
    : { missing: `${directory} was replaced by another run with other requirements` }
}

function isInstalled(directory: string, wanted: string): boolean {
  const stamp = stampOf(directory)
  // An environment starts no more once the interpreter that made it is gone.
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && call(interpreter(directory), '-c', '0').ok
}

function findPython(what: string): Python {
  const seen: string[] = []
  for (const python of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python']) {
    const { ok, output } = call(python, '-c', 'import sys; print(*sys.version_info[:2])')
    if (!ok) continue
    const [major = 0, minor = 0] = output.split(' ').map(Number)
    if (major === oldestPython.major && minor >= oldestPython.minor) return { python }
    seen.push(`${python} is ${major}.${minor}`)
  }
  const why = seen.length === 0 ? 'there is no python3 on the PATH' : seen.join(', ')
  return { missing: `${what} needs Python ${oldestPython.major}.${oldestPython.minor} or newer: ${why}` }
}

function build(python: string, directory: string, requirements: string): string | undefined {
  const venv = call(python, '-m', 'venv', directory)
  if (!venv.ok)
    return `${python} -m venv failed (Debian, Ubuntu: apt-get install python3-venv): ${lastLine(venv.output)}`
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input']
  const pip = call(interpreter(directory), '-m', 'pip', 'install', ...quiet, '-r', requirements)
  return pip.ok ? undefined : `pip install -r ${requirements} failed: ${lastLine(pip.output)}`
}

function replace(directory: string, building: string): void {
  rmSync(directory, { recursive: true, force: true })
  try {
    renameSync(building, directory)
  } catch (error) {
    // Another run put its own there in between.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function call(command: string, ...args: string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr, error }: SpawnSyncReturns<string> = spawnSync(command, args, { encoding: 'utf8' })
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim() }
}

const stampOf = (directory: string) => `${directory}/sluice-requirements`

function interpreter(directory: string): string {
  return process.platform === 'win32' ? `${directory}/Scripts/python.exe` : `${directory}/bin/python`
}

const lastLine = (output: string) => output.split('\n').at(-1) || 'no output'
