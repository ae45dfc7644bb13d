import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { TrainerExit } from './exit.ts'

const Owner = z.object({ pid: z.int(), process_start: z.string(), boot: z.string() })
type Owner = z.infer<typeof Owner>

/**
 * Takes the output folder for this process, or throws a `fenced` exit when another live process has it.
 * Leases are generations: `lease.json`, then `lease.1.json` and so on. A generation is created exclusively and only after
 * the owner of the one before it is dead, and the dead stay dead, so two takers of one stale lease cannot both succeed.
 */
export function takeLease(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const self = identify(process.pid)
  if (!self) throw new Error('/proc is not readable: the lease needs a process start time')
  for (;;) {
    const last = lastGeneration(folder)
    if (last >= 0) {
      const owner = Owner.parse(JSON.parse(readFileSync(join(folder, leaseName(last)), 'utf8')))
      if (isAlive(owner)) throw new TrainerExit('fenced', [`${folder} is leased by the live process ${owner.pid}`])
    }
    if (createExclusively(folder, leaseName(last + 1), self)) return
  }
}

function leaseName(generation: number): string {
  return generation === 0 ? 'lease.json' : `lease.${generation}.json`
}

function lastGeneration(folder: string): number {
  const found = readdirSync(folder).flatMap((name) => {
    const match = /^lease(?:\.(\d+))?\.json$/.exec(name)
    return match ? [Number(match[1] ?? 0)] : []
  })
  return Math.max(-1, ...found)
}

/** A hard link appears whole or not at all, so a reader never sees a lease without its owner. */
function createExclusively(folder: string, name: string, owner: Owner): boolean {
  const temporary = join(folder, `.${name}.${owner.pid}.tmp`)
  writeFileSync(temporary, `${JSON.stringify(owner)}\n`)
  try {
    linkSync(temporary, join(folder, name))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function isAlive(owner: Owner): boolean {
  const current = identify(owner.pid)
  return current?.process_start === owner.process_start && current.boot === owner.boot
}

/** Start time in clock ticks since boot: field 22 of the stat line, counted after the name, which may hold spaces. */
function identify(pid: number): Owner | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return { pid, process_start: fields[19]!, boot }
  } catch {
    return undefined
  }
}
