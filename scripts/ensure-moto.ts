import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Makes .venv-moto, the Python environment of the AWS stand-in that the AWS tests start.
const root = fileURLToPath(new URL('..', import.meta.url))
const requirements = `${root}test/aws/requirements.txt`
// What the pinned packages need.
const OLDEST_PYTHON = { major: 3, minor: 11 }

export type Moto = { python: string } | { missing: string }

if (import.meta.main) {
  const moto = ensureMoto(`${root}.venv-moto`)
  console.log('python' in moto ? moto.python : moto.missing)
  process.exitCode = 'python' in moto ? 0 : 1
}

/**
 * The interpreter of an environment at `directory` that holds exactly test/aws/requirements.txt, or why there is none. A second run
 * with the same requirements installs nothing.
 */
export function ensureMoto(directory: string): Moto {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (isInstalled(directory, wanted)) return { python: interpreter(directory) }
  const found = findPython()
  if ('missing' in found) return found

  // Built beside its place and moved there whole: a run that ends halfway leaves no half environment.
  const building = `${directory}-${process.pid}`
  try {
    console.log('Installing the AWS stand-in (pip install -r test/aws/requirements.txt) ...')
    const problem = build(found.python, building)
    if (problem !== undefined) return { missing: problem }
    writeFileSync(stampOf(building), wanted)
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

function findPython(): Moto {
  const seen: string[] = []
  for (const python of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python']) {
    const { ok, output } = call(python, '-c', 'import sys; print(*sys.version_info[:2])')
    if (!ok) continue
    const [major = 0, minor = 0] = output.split(' ').map(Number)
    if (major === OLDEST_PYTHON.major && minor >= OLDEST_PYTHON.minor) return { python }
    seen.push(`${python} is ${major}.${minor}`)
  }
  const why = seen.length === 0 ? 'there is no python3 on the PATH' : seen.join(', ')
  return { missing: `the AWS stand-in needs Python ${OLDEST_PYTHON.major}.${OLDEST_PYTHON.minor} or newer: ${why}` }
}

function build(python: string, directory: string): string | undefined {
  const venv = call(python, '-m', 'venv', directory)
  if (!venv.ok)
    return `${python} -m venv failed (Debian, Ubuntu: apt-get install python3-venv): ${lastLine(venv.output)}`
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input']
  const pip = call(interpreter(directory), '-m', 'pip', 'install', ...quiet, '-r', requirements)
  return pip.ok ? undefined : `pip install -r test/aws/requirements.txt failed: ${lastLine(pip.output)}`
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

function stampOf(directory: string): string {
  return `${directory}/sluice-requirements`
}

function interpreter(directory: string): string {
  return process.platform === 'win32' ? `${directory}/Scripts/python.exe` : `${directory}/bin/python`
}

function lastLine(output: string): string {
  return output.split('\n').at(-1) || 'no output'
}
