import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const source = fileURLToPath(new URL('../console', import.meta.url))
const built = join(source, 'dist')

/** Builds the web console into console/dist. */
export async function buildConsole(): Promise<void> {
  await build({ root: source, configFile: join(source, 'vite.config.ts'), logLevel: 'warn' })
}

/** Is console/dist there, and newer than everything it is made of? */
export async function isConsoleFresh(): Promise<boolean> {
  const made = await stat(join(built, 'index.html')).catch(() => undefined)
  if (!made) return false
  const entries = await readdir(source, { recursive: true, withFileTypes: true })
  const sources = entries.filter((entry) => entry.isFile() && !entry.parentPath.startsWith(built))
  const times = await Promise.all(sources.map(async (each) => (await stat(join(each.parentPath, each.name))).mtimeMs))
  return times.every((time) => time < made.mtimeMs)
}

/** What the first page takes over the wire, and what a page with charts adds: kilobytes after gzip. */
export async function consoleSizes(): Promise<{ initial_kb: number; lazy_kb: number }> {
  const page = await readFile(join(built, 'index.html'), 'utf8')
  const names = (await readdir(join(built, 'assets'))).filter((name) => name.endsWith('.js'))
  const sizes = await Promise.all(
    names.map(async (name) => ({
      isInitial: page.includes(name),
      kb: gzipSync(await readFile(join(built, 'assets', name))).length / 1024,
    })),
  )
  const sum = (isInitial: boolean) =>
    Math.round(sizes.filter((each) => each.isInitial === isInitial).reduce((total, { kb }) => total + kb, 0))
  return { initial_kb: sum(true), lazy_kb: sum(false) }
}

if (import.meta.main) {
  await buildConsole()
  process.stdout.write(`${JSON.stringify({ console: 'console/dist', ...(await consoleSizes()) })}\n`)
}
