import { ofType, type TemplateJson } from './synth.ts'

export interface Route {
  authorization: string
  /** In the manifest. */
  function: string
  /** The function's answer is passed on while it is written. */
  isStreamed: boolean
  timeoutMs: number
}

/**
 * The method of the REST API that takes a request. It reads the tree strictly: where a part of the path has a resource of its own, the
 * request goes on there, and a resource without a fitting method is the end; nothing falls back to a proxy further up.
 */
export function router(template: TemplateJson, api: string): (method: string, path: string) => Route | undefined {
  const resources = ofType(template, 'AWS::ApiGateway::Resource').filter(([, each]) => ref(each.RestApiId) === api)
  const methods = ofType(template, 'AWS::ApiGateway::Method').filter(([, each]) => ref(each.RestApiId) === api)
  const children = (parent: string | undefined) =>
    resources.filter(([, { ParentId }]) =>
      parent === undefined ? ref(ParentId) === undefined : ref(ParentId) === parent,
    )
  const routeAt = (resource: string | undefined, method: string): Route | undefined => {
    const here = methods.filter(([, each]) => ref(each.ResourceId) === resource)
    const found =
      here.find(([, each]) => each.HttpMethod === method) ?? here.find(([, each]) => each.HttpMethod === 'ANY')
    return found && toRoute(template, found[1])
  }
  const walk = (at: string | undefined, [part, ...rest]: string[], method: string): Route | undefined => {
    if (part === undefined) return routeAt(at, method)
    const next = children(at)
    const exact = next.find(([, { PathPart }]) => PathPart === part)
    const variable = next.find(([, { PathPart }]) => /^\{\w+\}$/.test(String(PathPart)))
    const proxy = next.find(([, { PathPart }]) => PathPart === '{proxy+}')
    if (exact ?? variable) return walk((exact ?? variable)?.[0], rest, method)
    return proxy && routeAt(proxy[0], method)
  }
  return (method, path) => walk(undefined, path.split('/').filter(Boolean), method)
}

function toRoute(template: TemplateJson, { AuthorizationType, Integration }: Record<string, unknown>): Route {
  const { Uri, TimeoutInMillis, ResponseTransferMode } = Integration as Record<string, unknown>
  const uri = JSON.stringify(Uri)
  const [, id = ''] = /"Fn::GetAtt":\["(\w+)","Arn"\]/.exec(uri) ?? []
  const { Variables } = (template.Resources[id]?.Properties?.Environment ?? {}) as {
    Variables?: Record<string, string>
  }
  return {
    authorization: String(AuthorizationType),
    function: Variables?.SLUICE_FUNCTION ?? id,
    isStreamed: ResponseTransferMode === 'STREAM' && uri.includes('/response-streaming-invocations'),
    timeoutMs: Number(TimeoutInMillis),
  }
}

function ref(value: unknown): string | undefined {
  return (value as { Ref?: string }).Ref
}
