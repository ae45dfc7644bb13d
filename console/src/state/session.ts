import { reactive, readonly } from 'vue'

const storageKey = 'sluice.token'
const state = reactive({ token: sessionStorage.getItem(storageKey) ?? '', notice: '' })

/** Who asks: the token of this browser tab, and why the last one was given up. */
export const session = readonly(state)

/** Takes the token of a link as `sluice up` prints it, `/#token=...`, and removes it from the address and its history. */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token === null) return
  history.replaceState(history.state, '', location.pathname + location.search)
  if (token.trim() !== '') startSession(token)
}

export function startSession(token: string): void {
  state.token = token.trim()
  state.notice = ''
  sessionStorage.setItem(storageKey, state.token)
}

/** `notice` says why, on the page that asks for a token. */
export function endSession(notice: string): void {
  state.token = ''
  state.notice = notice
  sessionStorage.removeItem(storageKey)
}
