import { readdir } from 'node:fs/promises'

/** `npm run -s bench -- NAME`: runs one benchmark and prints one JSON line. */
const names = (await readdir(import.meta.dirname))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''))
const [name = ''] = process.argv.slice(2)
if (!names.includes(name)) {
  process.stderr.write(`unknown benchmark "${name}"; one of: ${names.join(', ')}\n`)
  process.exitCode = 1
} else {
  const { default: bench } = (await import(`./${name}.bench.ts`)) as { default: () => Promise<object> }
  process.stdout.write(`${JSON.stringify({ bench: name, ...(await bench()) })}\n`)
}
