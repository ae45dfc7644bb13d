import { onBeforeUnmount, onMounted } from 'vue'

/** Single keys of a page. They are not taken from fields, dialogs, or together with Ctrl, Alt or Meta. */
export function useShortcuts(actions: Record<string, () => void>): void {
  const listen = (event: KeyboardEvent) => {
    const { target } = event
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (target instanceof Element && target.closest('input, select, textarea, dialog')) return
    const action = actions[event.key]
    if (!action) return
    event.preventDefault()
    action()
  }
  onMounted(() => addEventListener('keydown', listen))
  onBeforeUnmount(() => removeEventListener('keydown', listen))
}
