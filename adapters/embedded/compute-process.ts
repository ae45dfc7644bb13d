import { readFileSync } from 'node:fs'

/** A process, told apart from a later one with the same pid by when it started and in which boot. */
export interface ProcessIdentity {
  pid: number
  boot: string
  /** Clock ticks since boot; empty where there is no /proc. */
  startTime: string
}

/** The process a supervisor's note is about: its pid, the boot id and its own /proc/<pid>/stat, one line each. */
export function parseIdentity(note: string): ProcessIdentity | undefined {
  const [pid = '', boot = '', stat = ''] = note.split('\n')
  // Signals to 0, 1 and their negatives go to this process's own group, to init and to everybody.
  if (!(Number(pid) > 1)) return undefined
  return { pid: Number(pid), boot, startTime: parseStat(stat)?.startTime ?? '' }
}

/** Whether the process still runs. A zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.startTime === '') return canSignal(identity.pid)
  if (identity.boot !== bootId()) return false
  const stat = parseStat(readText(`/proc/${identity.pid}/stat`) ?? '')
  return stat !== undefined && stat.startTime === identity.startTime && stat.state !== 'Z' && stat.state !== 'X'
}

/** Signals the process's group; false when there is nobody left in it. */
export function signalGroup(identity: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  if (isRecycled(identity)) return false
  try {
    process.kill(-identity.pid, signal)
    return true
  } catch {
    return false
  }
}

/** A pid is not given out again while a group of that number has members: if another process has it, the group is gone. */
function isRecycled({ pid, boot, startTime }: ProcessIdentity): boolean {
  if (startTime === '') return false
  if (boot !== bootId()) return true
  const stat = parseStat(readText(`/proc/${pid}/stat`) ?? '')
  return stat !== undefined && stat.startTime !== startTime
}

/** proc(5): the name in parentheses may hold anything; state is field 3, starttime field 22. */
function parseStat(line: string): { state: string; startTime: string } | undefined {
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .trim()
    .split(' ')
  const [state, startTime] = [fields[0], fields[19]]
  return state === undefined || startTime === undefined ? undefined : { state, startTime }
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
}

function canSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
