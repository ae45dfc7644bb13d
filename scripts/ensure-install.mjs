// Installs what is missing before `npm test`, `npm run demo` and friends. Plain JS: any Node >= 18 runs it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}node_modules/.sluice-install`
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')

if (!isInstalled()) {
  console.log('Installing dependencies (npm ci) ...')
  npm('ci', '--no-audit', '--no-fund', '--loglevel=error')
  // The `node` package fetches its binary in its install script, which some settings skip.
  if (!hasNode24()) npm('rebuild', 'node', '--allow-scripts=node', '--loglevel=error')
  if (!hasNode24())
    fail(
      'the npm package "node" has no binary: allow its install script (npm config ignore-scripts must be false), then run again',
    )
  writeFileSync(stamp, wanted)
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && hasNode24()
}

function hasNode24() {
  const { stdout } = spawnSync(`${root}node_modules/.bin/node`, ['-v'], { encoding: 'utf8' })
  return (stdout ?? '').startsWith('v24.')
}

function npm(...args) {
  const cli = process.env.npm_execpath
  const [command, rest] = cli ? [process.execPath, [cli, ...args]] : ['npm', args]
  const { status } = spawnSync(command, rest, { cwd: root, stdio: 'inherit' })
  if (status !== 0) fail(`npm ${args[0]} failed with exit code ${status}`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
