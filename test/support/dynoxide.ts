import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'

const binary = fileURLToPath(new URL('../../node_modules/@dynoxide/linux-x64/dynoxide', import.meta.url))
// The server ends when the stdin of its shell closes: also when this process is killed.
const RUN = '"$0" serve --port "$1" >/dev/null 2>&1 & read _; kill $!'

/** `describe` with a dynoxide server of its own, in memory; where it has no binary, one skipped test that says so. */
export function describeOnDynoxide(name: string, body: (endpoint: () => string) => void): void {
  if (!existsSync(binary)) {
    it.skip(`${name}: skipped, @dynoxide/linux-x64 is not installed on ${process.platform} ${process.arch}`, () => {})
    return
  }
  describe(name, () => {
    let server: { endpoint: string; stop(): void } | undefined
    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server?.stop())
    body(() => server?.endpoint ?? '')
  })
}

async function start(): Promise<{ endpoint: string; stop(): void }> {
  const port = await freePort()
  const shell = spawn('sh', ['-c', RUN, binary, String(port)], { stdio: ['pipe', 'ignore', 'ignore'] })
  const endpoint = `http://127.0.0.1:${port}`
  for (let look = 0; look < 200; look++) {
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    )
    if (answers) return { endpoint, stop: () => shell.stdin.end() }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  shell.stdin.end()
  throw new Error(`dynoxide did not answer at ${endpoint} within 5 s`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
