export interface RestOptions {
  body?: unknown
  headers?: Record<string, string>
  query?: Record<string, string>
  /** Signed with SigV4 by this principal. */
  iam?: string
  /** What our authorizer found in a JWT. */
  jwt?: { principal: string; scopes: string }
}

/** A proxy event of a REST API, as API Gateway sends it for `ANY /{proxy+}`. */
export function restRequest(method: string, path: string, options: RestOptions = {}) {
  const { body, query, iam, jwt } = options
  const headers: Record<string, string> = {
    Accept: '*/*',
    Host: 'abc123.execute-api.eu-west-1.amazonaws.com',
    'User-Agent': 'curl/8.5.0',
    'X-Amzn-Trace-Id': 'Root=1-5e66d96f-7491f09xmpl79d18acf3d050',
    'X-Forwarded-For': '192.0.2.4',
    'X-Forwarded-Port': '443',
    'X-Forwarded-Proto': 'https',
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...options.headers,
  }
  const many = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]))
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: many(headers),
    queryStringParameters: query ?? null,
    multiValueQueryStringParameters: query ? many(query) : null,
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: {
      resourceId: '2gxmpl',
      resourcePath: '/{proxy+}',
      httpMethod: method,
      extendedRequestId: 'JJbxmplHYosFVYQ=',
      requestTime: '10/Mar/2020:00:03:59 +0000',
      path: `/dev${path}`,
      accountId: '123456789012',
      protocol: 'HTTP/1.1',
      stage: 'dev',
      domainPrefix: 'abc123',
      requestTimeEpoch: 1583798639428,
      requestId: '77375676-xmpl-4b79-853a-f982474efe18',
      identity: {
        cognitoIdentityPoolId: null,
        accountId: iam ? '123456789012' : null,
        cognitoIdentityId: null,
        caller: iam ? 'AROAXMPL:session' : null,
        sourceIp: '192.0.2.4',
        principalOrgId: null,
        accessKey: iam ? 'ASIAXMPL' : null,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: iam ?? null,
        userAgent: 'curl/8.5.0',
        user: iam ? 'AROAXMPL:session' : null,
      },
      ...(jwt && { authorizer: { principalId: jwt.principal, ...jwt, integrationLatency: 5 } }),
      domainName: 'abc123.execute-api.eu-west-1.amazonaws.com',
      apiId: 'abc123',
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
  }
}
