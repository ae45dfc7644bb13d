#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Plain JavaScript that Node 18 parses: the rest of the project needs Node 24, which `npm install` brings along.
const needed = 24
const root = fileURLToPath(new URL('..', import.meta.url))
const candidates = [`${root}node_modules/.bin/node`, `${root}node_modules/node/bin/node.exe`]

if (Number.parseInt(process.versions.node, 10) >= needed && process.features.typescript) {
  const { main } = await import('./main.ts')
  await main()
} else {
  const node = candidates.find((path) => existsSync(path))
  if (node) runWith(node)
  else refuse()
}

function runWith(node) {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  // Before the child exists: once it runs, somebody may signal this process.
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  child.on('error', (error) => {
    process.stderr.write(`error: ${node} cannot be started: ${error.message}; run \`npm install\` in ${root}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 1
    if (!signal) return
    for (const each of signals) process.removeAllListeners(each)
    process.kill(process.pid, signal)
  })
}

function refuse() {
  process.stderr.write(
    `error: sluice needs Node ${needed}; this is Node ${process.versions.node} and the project's own Node ${needed} is not ` +
      `installed. Run \`npm install\` in ${root} and try again.\n`,
  )
  process.exitCode = 1
}
