import { ref } from 'vue'

export type Theme = 'light' | 'dark'

const system = matchMedia('(prefers-color-scheme: dark)')
const chosen = () => document.documentElement.dataset.theme as Theme | undefined
const current = (): Theme => chosen() ?? (system.matches ? 'dark' : 'light')

/** What is shown now: the chosen theme, or else the system's. */
export const theme = ref<Theme>(current())

system.addEventListener('change', () => {
  theme.value = current()
})

export function toggleTheme(): void {
  const next: Theme = theme.value === 'dark' ? 'light' : 'dark'
  document.documentElement.dataset.theme = next
  theme.value = next
  try {
    localStorage.setItem('sluice.theme', next)
  } catch {
    // Storage is closed: the choice lasts as long as the page.
  }
}
