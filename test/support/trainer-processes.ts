import { readdir, readFile } from 'node:fs/promises'

/** Pids of live trainers whose spec lies in `directory`, by their own environment. */
export async function trainerPids(directory: string): Promise<number[]> {
  const pids: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const [command, environment] = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    )
    if (
      command?.includes('tiny-trainer/main.ts') &&
      !command.startsWith('/bin/sh') &&
      environment?.includes(`SLUICE_SPEC_URI=file://${directory}/`)
    )
      pids.push(Number(name))
  }
  return pids
}
