import { readFileSync } from 'node:fs'
import { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { App, type Stack } from 'aws-cdk-lib/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { addStacks } from '../../infra/app.ts'
import {
  accountsFor,
  acknowledgements,
  checkWithNag,
  type Finding,
  nagFindings,
  shownFinding,
} from '../../infra/nag.ts'
import { configs } from './support/synth.ts'

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }
const stages = Object.keys(configs) as (keyof typeof configs)[]

function build(name: keyof typeof configs): App {
  const app = new App({ context: { ...context, sluice: configs[name] } })
  addStacks(app)
  return app
}

const unaccounted = (found: Finding[], stage: string) =>
  found
    .filter((each) => !acknowledgements(stage).some((known) => accountsFor(known, each, stage)))
    .map(({ id, path }) => `${path}: ${shownFinding(id)}`)

describe.each(stages)('the stage %s', (name) => {
  it('has no finding that is not accounted for', () => {
    const found = nagFindings(build(name))
    expect(found.length).toBeGreaterThan(50)
    expect(unaccounted(found, configs[name].stage)).toEqual([])
  })
})

describe('an acknowledgement', () => {
  let matched: Set<string>
  const keyOf = ({ at, finding }: { at: RegExp; finding: string }, stage: string) =>
    `${at.source} ${finding}`
      .replaceAll(`sluice-${stage}`, 'sluice-STAGE')
      .replaceAll(`/${stage}/`, '/STAGE/')
      .replaceAll(`.${stage}/`, '.STAGE/')

  beforeAll(() => {
    const used = stages.flatMap((name) => {
      const { stage } = configs[name]
      const found = nagFindings(build(name))
      const known = acknowledgements(stage).filter((each) => found.some((finding) => accountsFor(each, finding, stage)))
      return known.map((each) => keyOf(each, stage))
    })
    matched = new Set(used)
  })

  it('that no config needs any more must go', () => {
    const stale = acknowledgements('dev').filter((each) => !matched.has(keyOf(each, 'dev')))
    expect(stale.map((each) => keyOf(each, 'dev'))).toEqual([])
  })

  it('says why', () => {
    for (const { reason } of acknowledgements('dev')) expect(reason.length).toBeGreaterThan(20)
  })

  it('is about one resource and one finding: neither a longer path nor another wildcard matches', () => {
    const known = { at: /data\/Blobs\/Resource/, finding: 'IAM5[Resource::<Blobs>/jobs/*]', reason: '' }
    const id = 'AwsSolutions-IAM5[Resource::<BlobsF0F01DC6.Arn>/jobs/*]'
    expect(accountsFor(known, { id, path: 'sluice-dev-data/Blobs/Resource' }, 'dev')).toBe(true)
    expect(accountsFor(known, { id, path: 'sluice-dev-data/Blobs/Resource/More' }, 'dev')).toBe(false)
    expect(accountsFor(known, { id: id.replace('jobs/*', '*'), path: 'sluice-dev-data/Blobs/Resource' }, 'dev')).toBe(
      false,
    )
  })
})

describe('synth', () => {
  it('passes, and the report keeps every finding with its reason', () => {
    const app = build('full')
    checkWithNag(app, 'full')
    const { directory } = app.synth()
    const report = readFileSync(`${directory}/validation-report.json`, 'utf8')
    expect(report).toContain('AwsSolutions-APIG3')
    expect(report).toContain('A web ACL costs $6 a month')
  })

  it('fails on a planted violation, and names it', () => {
    const app = build('dev')
    new CfnBucket(app.node.findChild('sluice-dev-data') as Stack, 'Planted')
    expect(unaccounted(nagFindings(app), 'dev')).toContain('sluice-dev-data/Planted: S1')
    checkWithNag(app, 'dev')
    expect(() => app.synth()).toThrow(/[Vv]alidation/)
  })
})
