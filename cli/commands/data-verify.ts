import { type Command, InvalidArgumentError, Option } from 'commander'
import { operations } from '../../schemas/api.ts'
import type { DatasetVersion, RowProof } from '../../schemas/dataset.ts'
import { Sha256 } from '../../schemas/primitives.ts'
import { readAnswer } from '../answer.ts'
import type { Act, Context, ExitCode } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { bytes, plural } from '../text/values.ts'
import { truncate, visible } from '../text/width.ts'
import { addExample, wholeNumber } from './arguments.ts'
import { datasetReference } from './data-reference.ts'
import { rootOfProof } from './data-row-proof.ts'

interface VerifyOptions {
  row?: number
  root?: string
}

/** `data verify`. */
export function dataVerifyCommand(data: Command, act: Act): void {
  const verify = data
    .command('verify')
    .description('read every stored byte of a version again; or check here, by its proof, that one row belongs to it')
    .argument('<dataset>', 'its name, or name@digest for an older version')
    .addOption(
      new Option('--row <n>', 'only that this row, counted from 0, is one of the version').argParser(
        wholeNumber(0, Number.MAX_SAFE_INTEGER),
      ),
    )
    .option('--root <sha256>', 'the Merkle root as you know it, in place of the one that the server says', sha256)
    .action(act<VerifyOptions>((context, [dataset], options) => verifyDataset(context, dataset as string, options)))
  addExample(verify, 'sluice data verify arithmetic', 'sluice data verify arithmetic --row 7')
}

function sha256(text: string): string {
  if (Sha256.safeParse(text).success) return text
  throw new InvalidArgumentError('Give 64 lower-case hex digits.')
}

async function verifyDataset(context: Context, dataset: string, { row, root }: VerifyOptions): Promise<ExitCode> {
  const params = datasetReference(dataset)
  const version = await context.client.call('getDatasetVersion', { params })
  if (root !== undefined && row === undefined) requireRoot(version, root)
  return row === undefined ? verifyAll(context, version) : verifyRow(context, version, { row, root })
}

function requireRoot({ name, digest, merkle_root }: DatasetVersion, root: string): void {
  if (merkle_root === root) return
  throw ProblemError.local(
    'corrupt',
    `the server says that ${name}@${digest} has the Merkle root ${merkle_root}, not ${root}`,
  )
}

async function verifyAll({ client, io, json, paint, print }: Context, version: DatasetVersion): Promise<ExitCode> {
  const { name, digest, merkle_root } = version
  const text = await client.send('verifyDatasetVersion', { params: { name, digest } })
  const found = readAnswer('verifyDatasetVersion', text)
  if (json) io.stdout(`${text}\n`)
  else if (found.ok)
    print([
      `${paint('good', '✓')} ${name}: every byte of ${plural(found.rows, 'row')}, ${bytes(found.bytes)}, is as it was registered`,
      `  ${paint('dim', 'version')}     ${name}@${digest}`,
      `  ${paint('dim', 'merkle root')} ${merkle_root}`,
    ])
  else
    print([
      `${paint('bad', '✗')} ${name}@${digest} is not what was registered:`,
      ...found.problems.map((each) => `  ${each}`),
    ])
  return found.ok ? 0 : 1
}

async function verifyRow(
  { client, io, json, paint, print, tableColumns = 200 }: Context,
  version: DatasetVersion,
  { row, root = version.merkle_root }: { row: number; root: string | undefined },
): Promise<ExitCode> {
  const { name, digest } = version
  const proof = proofIn(await client.send('getRowProof', { params: { name, digest, row } }))
  const problems = problemsOf(proof, { version, row, root })
  const ok = problems.length === 0
  if (json) io.stdout(`${JSON.stringify({ ok, problems, root, proof })}\n`)
  else if (ok)
    print([
      `${paint('good', '✓')} row ${row} is one of the ${proof.rows} rows of ${name}@${digest}`,
      `  ${paint('dim', 'merkle root')} ${root}, computed here from the row and ${plural(proof.path.length, 'sibling')}`,
      `  ${truncate(visible(proof.json), tableColumns - 2)}`,
    ])
  else
    print([
      `${paint('bad', '✗')} row ${row} of ${name}@${digest} is not proven:`,
      ...problems.map((each) => `  ${each}`),
    ])
  return ok ? 0 : 1
}

/** Exactly as it came: what other answers are rid of, what could drive a terminal, is part of the row's bytes. */
function proofIn(text: string): RowProof {
  const { data, error } = operations.getRowProof.response.safeParse(JSON.parse(text))
  if (data) return data
  throw ProblemError.local('unexpected_answer', `the server's proof cannot be read: ${error.issues[0]?.message}`)
}

function problemsOf(
  proof: RowProof,
  { version, row, root }: { version: DatasetVersion; row: number; root: string },
): string[] {
  const asked = { name: version.name, digest: version.digest, rows: version.rows, row, merkle_root: root }
  const different = Object.entries(asked)
    .filter(([field, value]) => proof[field as keyof typeof asked] !== value)
    .map(([field, value]) => `its ${field} is ${proof[field as keyof typeof asked]}, not ${value}`)
  const computed = rootOfProof(proof)
  if (computed === root) return different
  return [...different, `row and siblings lead to the root ${computed ?? '(the path has another length)'}, not ${root}`]
}
