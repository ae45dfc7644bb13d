import { describe, expect, it } from 'vitest'
import { Problem } from '../../schemas/problem.ts'
import { ofType, synth } from './support/synth.ts'

const template = synth('full').templates.api ?? { Resources: {} }
const doors = ofType(template, 'AWS::ApiGateway::RestApi')

interface Response {
  ResponseType: string
  StatusCode?: string
  ResponseParameters: Record<string, string>
  ResponseTemplates: Record<string, string>
}

/** What API Gateway can answer by itself, as the reference of its API lists it. */
const types =
  'DEFAULT_4XX DEFAULT_5XX RESOURCE_NOT_FOUND UNAUTHORIZED INVALID_API_KEY ACCESS_DENIED AUTHORIZER_FAILURE AUTHORIZER_CONFIGURATION_ERROR INVALID_SIGNATURE EXPIRED_TOKEN MISSING_AUTHENTICATION_TOKEN INTEGRATION_FAILURE INTEGRATION_TIMEOUT API_CONFIGURATION_ERROR UNSUPPORTED_MEDIA_TYPE BAD_REQUEST_PARAMETERS BAD_REQUEST_BODY REQUEST_TOO_LARGE THROTTLED QUOTA_EXCEEDED WAF_FILTERED'

describe.each(doors)('what the door %s answers by itself', (door) => {
  const responses = ofType(template, 'AWS::ApiGateway::GatewayResponse')
    .map(([, each]) => each)
    .filter(({ RestApiId }) => (RestApiId as { Ref: string }).Ref === door) as unknown as Response[]
  const named = (type: string) => responses.find((each) => each.ResponseType === type)

  it('is said for every type', () => {
    expect(responses.map((each) => each.ResponseType).toSorted()).toEqual(types.split(' ').toSorted())
  })

  it.each(types.split(' '))('%s is a problem document of its status', (type) => {
    const { StatusCode, ResponseParameters = {}, ResponseTemplates = {} } = named(type) ?? {}
    const filled = (ResponseTemplates['application/json'] ?? '')
      .replaceAll('$context.requestId', 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef')
      .replaceAll('$context.error.messageString', '"User: arn is not \\"authorized\\""')
    const problem = Problem.parse(JSON.parse(filled))
    expect(filled).not.toContain('$')
    expect(problem.instance).toMatch(/^c6af/)
    expect(StatusCode).toBe(type.startsWith('DEFAULT_') ? undefined : String(problem.status))
    expect(ResponseParameters['gatewayresponse.header.Content-Type']).toBe("'application/problem+json'")
  })

  it('asks a throttled client, and one that waited in vain, to come back', () => {
    for (const type of ['THROTTLED', 'INTEGRATION_TIMEOUT'])
      expect(named(type)?.ResponseParameters).toMatchObject({ 'gatewayresponse.header.Retry-After': "'2'" })
    expect(named('UNAUTHORIZED')?.ResponseParameters).toMatchObject({
      'gatewayresponse.header.WWW-Authenticate': "'Bearer'",
    })
  })
})
