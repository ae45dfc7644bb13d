// Before the first paint, so that a page never flashes the other theme.
let theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
try {
  const chosen = localStorage.getItem('sluice.theme')
  if (chosen === 'dark' || chosen === 'light') theme = chosen
} catch {
  // Storage is closed: the system's theme it is.
}
document.documentElement.dataset.theme = theme
