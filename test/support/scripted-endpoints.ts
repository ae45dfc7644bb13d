import type { EndpointRequest, Endpoints } from '../../core/platform/ports.ts'

export type Answer = Awaited<ReturnType<Endpoints['post']>>
export interface ScriptedEndpoints extends Endpoints {
  /** In the order they came. */
  requests: EndpointRequest[]
}

/** Endpoints that answer as the test says: `reply` gets the request, its body parsed, and its number from 0. */
export function createScriptedEndpoints(
  reply: (request: EndpointRequest, body: ChatBody, nth: number) => Answer | Promise<Answer>,
): ScriptedEndpoints {
  const requests: EndpointRequest[] = []
  return {
    requests,
    async post(request) {
      requests.push(request)
      return reply(request, JSON.parse(request.body) as ChatBody, requests.length - 1)
    },
  }
}

export interface ChatBody {
  model: string
  messages: { role: string; content: string }[]
}

/** A chat completion that scores, billed and fresh unless `change` says otherwise. */
export function scored(
  score: number | string,
  id: string,
  change: { status?: number; headers?: Record<string, string>; body?: object; ms?: number } = {},
): Answer {
  const body = {
    id,
    choices: [{ message: { role: 'assistant', content: typeof score === 'string' ? score : `{"score": ${score}}` } }],
    usage: { prompt_tokens: 40, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 0 } },
    ...change.body,
  }
  const { status = 200, headers = { 'x-request-id': id }, ms = 12 } = change
  return { status, headers, body: JSON.stringify(body), ms }
}
