import { describe, expect, it } from 'vitest'
import { accepted, alarmMetrics, alarmMonthlyUsd, idleCosts } from './support/idle-cost.ts'
import { configs, everyTemplate, ofType, synth, type TemplateJson } from './support/synth.ts'

const alarms = ['AWS::CloudWatch::Alarm']

describe('a deployment that nobody uses', () => {
  it.each(everyTemplate())('%s costs nothing but what is accepted', (name, template) => {
    expect(idleCosts(template, name.startsWith('full') ? alarms : [])).toEqual([])
  })

  it.each(Object.keys(configs) as (keyof typeof configs)[])('%s costs one key, $1 a month', (name) => {
    const templates = Object.values(synth(name).templates)
    const keys = Object.entries(accepted).map(([type, { monthlyUsd }]) => {
      const count = templates.flatMap((template) => ofType(template, type)).length
      return count * monthlyUsd
    })
    expect(keys).toEqual([1])
  })

  it('with alarms costs less than three dollars more', () => {
    const watched = Object.values(synth('full').templates).reduce((sum, template) => sum + alarmMetrics(template), 0)
    expect(watched).toBeGreaterThan(0)
    expect(watched * alarmMonthlyUsd).toBeLessThan(3)
  })
})

describe('a planted cost is found', () => {
  const [first] = everyTemplate()
  const clean: TemplateJson = first?.[1] ?? { Resources: {} }

  it.each([
    ['AWS::EC2::NatGateway', {}],
    ['AWS::EC2::EIP', {}],
    ['AWS::CloudWatch::Alarm', {}],
    ['AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }],
    ['AWS::EC2::VPCEndpoint', {}],
    ['AWS::EC2::Instance', {}],
    ['AWS::RDS::DBInstance', {}],
    ['AWS::SecretsManager::Secret', {}],
    ['AWS::CloudWatch::Dashboard', {}],
    ['AWS::DynamoDB::GlobalTable', { BillingMode: 'PROVISIONED' }],
    ['AWS::DynamoDB::GlobalTable', {}],
    ['AWS::Batch::ComputeEnvironment', { ComputeResources: { MinvCpus: 4 } }],
    ['AWS::Batch::ComputeEnvironment', { ComputeResources: { MinvCpus: 0, DesiredvCpus: 4 } }],
    ['AWS::Batch::ComputeEnvironment', {}],
    ['AWS::Lambda::Function', { ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 } }],
    ['AWS::ApiGateway::Stage', { CacheClusterEnabled: true }],
  ])('%s with %j', (type, properties) => {
    const template = { Resources: { ...clean.Resources, Planted: { Type: type, Properties: properties } } }
    expect(idleCosts(template)).toEqual([`Planted: ${type}`])
  })
})
