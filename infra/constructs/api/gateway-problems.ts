import { GatewayResponse, type IRestApi, ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway'
import type { Construct } from 'constructs'

interface Answer {
  status: number
  code: string
  title: string
  /** Left out: API Gateway's own words. */
  detail?: string
  headers?: Record<string, string>
}

const unauthenticated = { status: 401, code: 'unauthenticated', title: 'Not authenticated' }
const forbidden = { status: 403, code: 'forbidden', title: 'Not allowed' }
const invalid = { status: 400, code: 'invalid', title: 'The request breaks a rule' }
const internal = { status: 500, code: 'internal', title: 'Internal error' }
const busy = { code: 'busy', title: 'Busy: try again', headers: { 'Retry-After': '2' } }

const signing = 'sign the request with SigV4 and credentials that are still valid'
const late = 'no answer came in time: send the request again, with its Idempotency-Key'

/** What API Gateway answers by itself: the function is not asked, or says nothing. Whatever is not here, `DEFAULT_...` takes. */
const answers: [ResponseType, Answer][] = [
  [ResponseType.UNAUTHORIZED, { ...unauthenticated, headers: { 'WWW-Authenticate': 'Bearer' } }],
  [ResponseType.MISSING_AUTHENTICATION_TOKEN, { ...unauthenticated, detail: signing }],
  [ResponseType.EXPIRED_TOKEN, { ...unauthenticated, detail: signing }],
  [ResponseType.INVALID_SIGNATURE, { ...unauthenticated, detail: signing }],
  [ResponseType.ACCESS_DENIED, forbidden],
  [ResponseType.INVALID_API_KEY, forbidden],
  [ResponseType.WAF_FILTERED, forbidden],
  [ResponseType.RESOURCE_NOT_FOUND, { status: 404, code: 'not_found', title: 'Not found' }],
  [ResponseType.BAD_REQUEST_BODY, invalid],
  [ResponseType.BAD_REQUEST_PARAMETERS, invalid],
  [ResponseType.REQUEST_TOO_LARGE, { status: 413, code: 'too_large', title: 'Too large' }],
  [
    ResponseType.UNSUPPORTED_MEDIA_TYPE,
    { status: 415, code: 'unsupported_media_type', title: 'Unsupported media type' },
  ],
  [ResponseType.THROTTLED, { ...busy, status: 429 }],
  [ResponseType.QUOTA_EXCEEDED, { ...busy, status: 429 }],
  [ResponseType.API_CONFIGURATION_ERROR, internal],
  [ResponseType.AUTHORIZER_CONFIGURATION_ERROR, internal],
  [ResponseType.AUTHORIZER_FAILURE, { ...internal, detail: 'the token could not be checked: send the request again' }],
  [ResponseType.INTEGRATION_FAILURE, { ...busy, status: 504, detail: late }],
  [ResponseType.INTEGRATION_TIMEOUT, { ...busy, status: 504, detail: late }],
]

/** Answers of the gateway itself as RFC 9457, like those of the functions behind it: clients read one kind of error. */
export function addGatewayProblems(scope: Construct, id: string, api: RestApi): void {
  const add = (type: ResponseType, { status, code, title, detail, headers = {} }: Answer, fixed = true) =>
    new GatewayResponse(scope, `${id}Answer${type.responseType}`, {
      restApi: api as IRestApi,
      type,
      ...(fixed && { statusCode: String(status) }),
      responseHeaders: quoted({ 'Content-Type': 'application/problem+json', ...headers }),
      templates: { 'application/json': problem({ status, code, title }, detail) },
    })
  for (const [type, answer] of answers) add(type, answer)
  // A status of these two would become that of every type that has none of its own: they keep the gateway's.
  add(ResponseType.DEFAULT_4XX, invalid, false)
  // What is left of 5xx is an answer of a function that API Gateway cannot read.
  add(ResponseType.DEFAULT_5XX, { ...internal, status: 502 }, false)
}

/** No template language here: API Gateway only puts its variables in. `messageString` brings its own quotes. */
function problem({ status, code, title }: Pick<Answer, 'status' | 'code' | 'title'>, detail?: string): string {
  const given = { type: `/problems/${code}`, title, status, instance: '$context.requestId', errors: [] }
  const words = detail === undefined ? '$context.error.messageString' : JSON.stringify(detail)
  return JSON.stringify({ ...given, detail: '<detail>' }).replace('"<detail>"', () => words)
}

function quoted(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `'${value}'`]))
}
