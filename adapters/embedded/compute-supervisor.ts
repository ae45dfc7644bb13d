import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type ProcessIdentity, parseIdentity } from './compute-process.ts'
import type { StoredJob } from './compute-store.ts'

/**
 * Runs "$@" and leaves its exit code in a file, whatever becomes of the server. POSIX sh; the names of its variables and the
 * paths of its tools must not depend on the job's environment.
 * - The hard link is the claim: of two supervisors of one job only the first goes on.
 * - exec in a subshell: the command is a program, never a word of the shell.
 * - A trap, not an ignored signal: ignored signals would be ignored by the command too. SIGTERM goes to the whole group, the
 *   shell runs its trap only after the command has ended.
 * - Like the end of a container's first process, the end of the command ends everything it left running in its group.
 */
const SCRIPT = `
_sv_control=$1; shift
_sv_stop=; _sv_boot=; _sv_stat=
trap '_sv_stop=1' TERM INT HUP QUIT
{ read -r _sv_boot < /proc/sys/kernel/random/boot_id; read -r _sv_stat < "/proc/$$/stat"; } 2>/dev/null
printf '%s\\n%s\\n%s\\n' "$$" "$_sv_boot" "$_sv_stat" > "$_sv_control.pid.$$" || exit 125
/bin/ln "$_sv_control.pid.$$" "$_sv_control.pid" 2>/dev/null; _sv_code=$?
/bin/rm -f "$_sv_control.pid.$$"
[ "$_sv_code" -eq 0 ] || exit 124
if [ -n "$_sv_stop" ]; then _sv_code=143
elif command -v "$1" >/dev/null 2>&1; then (exec "$@"); _sv_code=$?
else _sv_code='127 missing'
fi
printf '%s\\n' "$_sv_code" > "$_sv_control.exit.tmp" && /bin/mv "$_sv_control.exit.tmp" "$_sv_control.exit" && kill -KILL 0
exit 125
`

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Where a job's files are: `<name>.log` for people, the rest for the driver. */
export interface JobFiles {
  log: string
  /** Prefix of the supervisor's files; by uid, so that a directory left over from another database means nothing. */
  control: string
}

/** The files of a job under the driver's directory. */
export function jobFiles(directory: string, { uid, record }: StoredJob): JobFiles {
  return { log: join(directory, `${record.name}.log`), control: join(controlDirectory(directory), uid) }
}

/** Holds the supervisors' files. */
export function controlDirectory(directory: string): string {
  return join(directory, '.supervisor')
}

/** Starts a supervisor in a session of its own. `again`: one may have been started before, whose output must stay. */
export function startSupervisor(
  files: JobFiles,
  command: string[],
  environment: Record<string, string>,
  again: boolean,
): ChildProcess {
  const log = openSync(files.log, 'a', 0o600)
  try {
    if (!again) truncateSync(files.log)
    return spawn('/bin/sh', ['-c', SCRIPT, 'sh', files.control, ...command], {
      detached: true,
      env: { PATH, HOME: homedir(), ...environment },
      stdio: ['ignore', log, log],
    })
  } finally {
    closeSync(log)
  }
}

export interface Exit {
  code: number
  /** The command does not exist or may not be executed. */
  missing: boolean
  at: Date
}

/** What the supervisor left at the end of the command, undefined while there is nothing. */
export function readExit({ control }: JobFiles): Exit | undefined {
  try {
    const file = `${control}.exit`
    const [code = '', note] = readFileSync(file, 'utf8').trim().split(' ')
    return { code: Number(code), missing: note === 'missing', at: statSync(file).mtime }
  } catch {
    return undefined
  }
}

export interface Claim {
  identity: ProcessIdentity
  at: Date
}

/** The supervisor that claimed the job and since when, undefined while none has. */
export function readClaim({ control }: JobFiles): Claim | undefined {
  try {
    const file = `${control}.pid`
    const identity = parseIdentity(readFileSync(file, 'utf8'))
    return identity && { identity, at: statSync(file).mtime }
  } catch {
    return undefined
  }
}

/** Takes the claim so that no supervisor can start the job any more; false when one was faster. */
export function claimForNobody({ control }: JobFiles): boolean {
  try {
    writeFileSync(`${control}.pid`, '', { flag: 'wx' })
    return true
  } catch {
    return false
  }
}
