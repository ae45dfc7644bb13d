import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Deployable, type Grants, manifest } from '../../functions/manifest.ts'
import { deployed } from './support/functions.ts'
import { statementsOfRole } from './support/iam.ts'

const full = deployed('full')

/** `action resource` of everything that a function may do, its log and its dead letters aside. */
function rightsOf(name: string): string[] {
  const found = full.find((each) => each.name === name)
  if (!found) throw new Error(`function ${name} is not deployed`)
  return statementsOfRole(found.template, found.role)
    .flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`)),
    )
    .filter((right, at, all) => all.indexOf(right) === at)
    .filter((right) => !/^(logs:CreateLogStream|logs:PutLogEvents|sqs:)/.test(right))
    .toSorted()
}

describe('every function may do what its grants say, and nothing else', () => {
  it.each(manifest)('$name', (entry) => {
    expect(rightsOf(entry.name)).toEqual([...new Set(expected(entry))].toSorted())
  })

  it('of a viewer reads both tables and the objects of metrics, and changes nothing, whatever its grants come to say', () => {
    expect(rightsOf('stream').map((right) => right.split(' ')[0])).toEqual([
      'dynamodb:GetItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:Query',
      's3:GetObject',
      's3:ListBucket',
    ])
    expect(rightsOf('authorize')).toEqual([])
  })

  it('lists under the patterns that it reads, and asks for objects that may not be there', () => {
    const round1 = full.find(({ name }) => name === 'preflight-round1')
    const statements = round1 ? statementsOfRole(round1.template, round1.role) : []
    const patterns = manifest.find(({ name }) => name === 'preflight-round1')?.grants.blobs?.read
    expect(statements.find(({ actions }) => actions.includes('s3:ListBucket'))?.condition).toEqual({
      StringLikeIfExists: { 's3:prefix': patterns },
    })
  })

  it('hands only the role of schedules on, and only to EventBridge Scheduler', () => {
    const passing = full.flatMap(({ name, template, role }) =>
      statementsOfRole(template, role)
        .filter(({ actions }) => actions.includes('iam:PassRole'))
        .map(({ condition }) => [name, condition]),
    )
    const condition = { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } }
    expect(passing).toEqual([['apply-schedule', condition]])
  })
})

describe('what the drivers call is what IAM knows', () => {
  /** Commands of the SDK by the right that they need; the others have a right of their own name. */
  const otherNames: Record<string, string> = {
    HeadObject: 'GetObject',
    ListObjectsV2: 'ListBucket',
    CreateMultipartUpload: 'PutObject',
    UploadPart: 'PutObject',
    CompleteMultipartUpload: 'PutObject',
  }
  /** Only a state machine submits: nothing reaches a GPU past preflight. */
  const nobody = ['SubmitJob']
  const sources = readdirSync('adapters/aws').map((file) => readFileSync(`adapters/aws/${file}`, 'utf8'))
  const commands = sources.flatMap((source) => [
    ...[...source.matchAll(/new (\w+)Command\b/g)].map(([, command]) => command as string),
    ...[...source.matchAll(/\bpaginate(\w+)\(/g)].map(([, command]) => command as string),
  ])
  const granted = new Set(manifest.flatMap((entry) => expected(entry).map((right) => right.split(/[: ]/)[1])))

  it.each([...new Set(commands)].toSorted())('%s', (command) => {
    expect(granted.has(otherNames[command] ?? command)).toBe(!nobody.includes(command))
  })

  it('is read from the drivers', () => {
    for (const command of ['PutItem', 'StartExecution', 'TerminateJob', 'GetObject', 'ListJobs'])
      expect(commands).toContain(command)
  })
})

/** The grants in the words of IAM, written a second time on purpose. */
function expected({ grants }: Deployable): string[] {
  const { table, metrics, blobs = {}, compute = [], workflows = [], signer = [], schedules, secrets = [] } = grants
  const rights = (actions: string[], resource: string) => actions.map((action) => `${action} ${resource}`)
  const onKeys = (actions: string[], keys: readonly string[] = []) =>
    keys.flatMap((key) => rights(actions, `{Blobs.Arn}/${key}`))
  const executionsOf = (action: string) =>
    Object.keys(aliases()).map(
      (machine) => `states:${action} arn:aws:states:{Region}:{AccountId}:execution:sluice-full-${machine}:*`,
    )
  const secretArn = (name: string) =>
    `arn:aws:secretsmanager:{Region}:{AccountId}:secret:sluice/full/${name.endsWith('*') ? name : `${name}-??????`}`
  return [
    ...(table ? rights(items(table), '{Control.Arn}') : []),
    ...(table ? ['gsi1', 'gsi2'].map((index) => `dynamodb:Query {Control.Arn}/index/${index}`) : []),
    ...(metrics ? rights(items(metrics), '{Metrics.Arn}') : []),
    ...onKeys(['s3:GetObject'], blobs.read),
    ...onKeys(['s3:GetObject'], blobs.write),
    ...(blobs.read ? ['s3:ListBucket {Blobs.Arn}'] : []),
    ...onKeys(['s3:PutObject', 's3:AbortMultipartUpload'], blobs.write),
    ...onKeys(['s3:DeleteObject'], blobs.delete),
    ...(compute.includes('read') ? rights(reading, '*') : []),
    ...(compute.includes('terminate') ? ['batch:TerminateJob arn:aws:batch:{Region}:{AccountId}:job/*'] : []),
    ...(compute.includes('logs') ? ['logs:GetLogEvents {JobLog.Arn}'] : []),
    ...(workflows.length > 0 ? executionsOf('DescribeExecution') : []),
    ...(workflows.includes('stop') ? executionsOf('StopExecution') : []),
    ...(workflows.includes('start') ? Object.values(aliases()).map((alias) => `states:StartExecution ${alias}`) : []),
    ...(signer.includes('sign') ? ['kms:Sign {TicketKey.Arn}'] : []),
    ...(signer.includes('public-key') ? ['kms:GetPublicKey {TicketKey.Arn}'] : []),
    ...secrets.map((name) => `secretsmanager:GetSecretValue ${secretArn(name)}`),
    ...(schedules ? scheduleRights() : []),
  ]
}

const reading = ['batch:DescribeJobs', 'batch:ListJobs', 'batch:DescribeJobDefinitions']

function items(right: NonNullable<Grants['table']>): string[] {
  const verbs = right === 'read' ? ['GetItem', 'Query'] : ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem']
  return verbs.map((verb) => `dynamodb:${verb}`)
}

/** By machine. */
function aliases(): Record<string, string> {
  const { SLUICE_STATE_MACHINES = '{}' } = full.find(({ name }) => name === 'start-job')?.environment ?? {}
  return JSON.parse(SLUICE_STATE_MACHINES) as Record<string, string>
}

function scheduleRights(): string[] {
  const environment = full.find(({ name }) => name === 'apply-schedule')?.environment ?? {}
  const schedules = `arn:aws:scheduler:{Region}:{AccountId}:schedule/${environment.SLUICE_SCHEDULE_GROUP}/*`
  const write = ['Create', 'Update', 'Delete'].map((verb) => `scheduler:${verb}Schedule ${schedules}`)
  return [...write, `iam:PassRole ${environment.SLUICE_SCHEDULE_ROLE}`]
}
