import { ref } from 'vue'

export type Theme = 'light' | 'dark'

const storageKey = 'sluice.theme'
const page = document.documentElement
const system = matchMedia('(prefers-color-scheme: dark)')
let isChosen = hasChoice()

/** What is shown now: the chosen theme, or else the system's. The page has it before its first paint. */
export const theme = ref<Theme>(page.dataset.theme === 'dark' ? 'dark' : 'light')

system.addEventListener('change', () => {
  if (!isChosen) show(system.matches ? 'dark' : 'light')
})

export function toggleTheme(): void {
  isChosen = true
  show(theme.value === 'dark' ? 'light' : 'dark')
  try {
    localStorage.setItem(storageKey, theme.value)
  } catch {
    // Storage is closed: the choice lasts as long as the page.
  }
}

function show(next: Theme): void {
  page.dataset.theme = next
  theme.value = next
}

function hasChoice(): boolean {
  try {
    return localStorage.getItem(storageKey) !== null
  } catch {
    return false
  }
}
