import { type App, type PolicyViolation, Validations } from 'aws-cdk-lib/core'
import { AwsSolutionsChecks } from 'cdk-nag'
import type { IConstruct } from 'constructs'
import { type Deployable, manifest } from '../functions/manifest.ts'
import { Scope } from '../schemas/operations/operation.ts'
import { builderName } from './config.ts'
import { routesOf } from './constructs/api/scope-policies.ts'

export interface Acknowledgement {
  /** Paths of resources, without the `sluice-STAGE-` of their stack. It matches whole paths. */
  at: RegExp
  /** As `shownFinding` writes it, word for word. */
  finding: string
  reason: string
}

export interface Finding {
  /** Such as `AwsSolutions-IAM5[Resource::*]`. */
  id: string
  /** Of the resource. */
  path: string
}

/** cdk-nag's AwsSolutions rules fail the app's synth on every finding that nothing here accounts for. */
export function checkWithNag(app: App, stage: string): void {
  const pack = new AwsSolutionsChecks(app)
  const known = acknowledgements(stage)
  Validations.of(app).addPlugins({
    name: pack.name,
    validate(context) {
      const report = pack.validate(context)
      for (const finding of findingsOf(report.violations)) acknowledge(app, known, finding, stage)
      return report
    },
  })
}

// Only here are ids final: synth turns references to other stacks, which ids quote, into something else than they were before.
function acknowledge(app: App, known: readonly Acknowledgement[], finding: Finding, stage: string): void {
  const match = known.find((each) => accountsFor(each, finding, stage))
  const resource = finding.path.split('/').reduce<IConstruct | undefined>((at, id) => at?.node.tryFindChild(id), app)
  // The long id keeps the finding in the validation report; with the short one it would leave no trace.
  const id = `AwsSolutions::${finding.id}`
  if (match && resource) Validations.of(resource).acknowledge({ id, reason: match.reason })
}

/** What the rules say about the app before anything is acknowledged. */
export function nagFindings(app: App): Finding[] {
  return findingsOf(new AwsSolutionsChecks(app).validateScope(app).violations)
}

function findingsOf(violations: readonly PolicyViolation[]): Finding[] {
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath = '' }) => ({ id: ruleName, path: constructPath })),
  )
}

/** Is this finding the one that the acknowledgement is about? */
export function accountsFor({ at, finding }: Acknowledgement, found: Finding, stage: string): boolean {
  const path = found.path.replace(`sluice-${stage}-`, '')
  return shownFinding(found.id) === finding && new RegExp(`^(?:${at.source})$`).test(path)
}

/** A finding's id without what it repeats: pack, partition, region and account of ARNs, and what surrounds the names of resources. */
export function shownFinding(id: string): string {
  return id
    .replace('AwsSolutions-', '')
    .replaceAll(
      /\{"Fn::GetStackOutput":\{(?:[^{}]|\{[^{}]*\})*"PublishOutputFnGetAtt(Blobs)[0-9A-F]{8}Arn[0-9A-F]{8}"\}\}/g,
      '<$1>',
    )
    .replaceAll(/<AWS::(\w+)>/g, '<$1>')
    .replaceAll(/arn:[^:]+:([a-z0-9-]+):(?:<Region>|[a-z0-9-]+):<AccountId>:/g, '$1:')
    .replaceAll(/arn:[^:]+:iam::aws:/g, 'iam::aws:')
    .replaceAll(/<(Blobs|IamDoor)\w*?[0-9A-F]{8}(\.Arn)?>/g, '<$1>')
}

/** Every accepted finding of a stage, with the reason. */
export function acknowledgements(stage: string): Acknowledgement[] {
  return [...chosen(stage), ...manifest.flatMap((each) => granted(each, stage)), ...scopes(stage)]
}

const resource = (name: string) => `IAM5[Resource::${name}]`

const ownLogs =
  'Its readers are functions and trainers, which log themselves; access logs would cost more than the objects.'
const noWaf = 'A web ACL costs $6 a month while nobody calls. Callers are known and throttled before any code runs.'
const agent = 'The ECS agent registers in a cluster that Batch names at run time; its discovery calls know no resource.'
const trainer =
  'One role serves the trainers of all jobs; which job it may write, lease and ticket say. Other keys stay closed.'
const history =
  'Errors are logged. ALL would log every input, and X-Ray bill each trace of what the history shows for nothing.'
const builder =
  'One role serves the builds of all datasets; versions are named by their content, and no manifest is ever deleted.'
const tasks = 'A .sync task describes and ends jobs whose ids Batch invents, made from the definitions of this stage.'

function chosen(stage: string): Acknowledgement[] {
  const agentMachine = /compute\/Machines\/InstanceRole\/Resource/
  const door = /api\/(Iam|Jwt)Door\/Resource/
  const doorStage = new RegExp(`api/(Iam|Jwt)Door/DeploymentStage\\.${stage}/Resource`)
  const machine = /pipeline\/\w+\/Machine/
  const machineRole = /pipeline\/[A-Z]\w+\/Role\/Resource/
  const page = /console\/Distribution\/Resource/
  return [
    { at: /data\/Blobs\/Resource/, finding: 'S1', reason: ownLogs },
    { at: /console\/Files\/Resource/, finding: 'S1', reason: 'Public files, which only the distribution reads.' },
    {
      at: /compute\/Network\/Vpc\/Resource/,
      finding: 'VPC7',
      reason:
        'Flow logs bill every connection of a download. Nothing listens here: the one security group has no ingress.',
    },
    ...['*', 'ecs:cluster/*', 'ecs:container-instance/*'].map((name) => ({
      at: agentMachine,
      finding: resource(name),
      reason: agent,
    })),
    ...['base-models', 'datasets', 'evaluations', 'jobs', 'models'].map((prefix) => ({
      at: /compute\/Trainers\/Job\/Resource/,
      finding: resource(`<Blobs>/${prefix}/*`),
      reason: trainer,
    })),
    ...['builds/*', 'datasets/*', 'datasets/*/data-*.jsonl'].map((key) => ({
      at: /compute\/DataBuilder\/Job\/Resource/,
      finding: resource(`<Blobs>/${key}`),
      reason: builder,
    })),
    {
      at: /compute\/(Trainers|DataBuilder)\/Execution\/Resource/,
      finding: resource('*'),
      reason: 'The token by which images are pulled knows no resource; which repositories it opens is said beside it.',
    },
    { at: machine, finding: 'SF1', reason: history },
    { at: machine, finding: 'SF2', reason: history },
    ...[
      '*',
      'batch:job/*',
      `batch:job-definition/sluice-${stage}-*`,
      `batch:job-definition/sluice-${stage}-${builderName}*`,
    ].map((name) => ({
      at: machineRole,
      finding: resource(name),
      reason: tasks,
    })),
    {
      at: /pipeline\/dead-letters-[a-z0-9-]+\/Resource/,
      finding: 'SQS3',
      reason: 'It is a dead-letter queue: of event targets and functions, which the rule does not look at.',
    },
    {
      at: door,
      finding: 'APIG2',
      reason:
        'The function parses every request with the schemas of the operations table and names all faults at once.',
    },
    { at: doorStage, finding: 'APIG3', reason: noWaf },
    {
      at: doorStage,
      finding: 'APIG6',
      reason:
        'Execution logs go to a group that never expires and repeat the access log and the logs of the functions.',
    },
    {
      at: /api\/(Iam|Jwt)Door\/Default\/.+\/Resource/,
      finding: 'COG4',
      reason: 'Callers prove themselves by IAM at one door, and by a JWT of their own identity provider at the other.',
    },
    {
      at: /api\/IamDoor\/CloudWatchRole\/Resource/,
      finding: 'IAM4[Policy::iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      reason: 'API Gateway has one role for the logs of a region, and documents this policy for it.',
    },
    { at: page, finding: 'CFR1', reason: 'A team may work from anywhere, and the page holds no data without a token.' },
    { at: page, finding: 'CFR2', reason: noWaf },
    { at: page, finding: 'CFR3', reason: "The files are public; the API's own access log says who did what." },
    {
      at: page,
      finding: 'CFR4',
      reason:
        'The certificate of cloudfront.net fixes this setting; only with a domain of its own could it be TLS 1.2.',
    },
  ]
}

// The wildcards in a function's role are those of its grants, and the manifest is where grants are reviewed.
function granted({ name, grants }: Deployable, stage: string): Acknowledgement[] {
  const { read = [], write = [], delete: erase = [] } = grants.blobs ?? {}
  const { compute = [], workflows = [], schedules, secrets = [] } = grants
  const own = (finding: string, reason: string, at = 'Role') => ({
    at: new RegExp(`(api|pipeline)/${name}/${at}/Resource`),
    finding: resource(finding),
    reason,
  })
  const keys = new Set([...read, ...write, ...erase].filter((key) => key.includes('*')))
  const ofBlobs = [...keys].map((key) => own(`<Blobs>/${key}`, `The manifest grants ${name} the keys ${key}.`))
  const group = `scheduler:schedule/sluice-${stage}/*`
  return [
    ...ofBlobs,
    ...(compute.includes('read') ? [own('*', 'Batch knows no resource for describing and listing.')] : []),
    ...(compute.includes('terminate') ? [own('batch:job/*', "A job's ARN is an id that Batch invents.")] : []),
    ...(workflows.length > 0
      ? ['training-pipeline', 'dataset-build'].map((machine) =>
          own(`states:execution:sluice-${stage}-${machine}:*`, 'Executions are named after jobs and builds.'),
        )
      : []),
    ...secrets.map((secret) =>
      own(
        `secretsmanager:secret:sluice/${stage}/${secret}`,
        'Recipes name the secrets of scorers; these are all of the stage.',
      ),
    ),
    ...(schedules ? [own(group, "The users' schedules, in the group of this stage.", 'Role/DefaultPolicy')] : []),
  ]
}

// A scope's policy names each of its routes; only their parameters are wildcards.
function scopes(stage: string): Acknowledgement[] {
  return Scope.options.flatMap((scope) =>
    routesOf(scope)
      .filter(({ path }) => path.includes('*'))
      .map(({ method, path }) => ({
        at: new RegExp(`api/Scope-${scope}/Resource`),
        finding: resource(`execute-api:<IamDoor>/${stage}/${method}${path}`),
        reason: 'The scope allows the route for any such thing: Sluice has no ownership of single ones.',
      })),
  )
}
