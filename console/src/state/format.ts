const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const percentage = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

/** `1,234`, and four significant digits for what is not whole; `none` for null. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'none'
  return Number.isInteger(value) ? whole.format(value) : precise.format(value)
}

/** For axes: `12K`. */
export function short(value: number): string {
  return compact.format(value)
}

/** Part of whole, `12.5%`; of nothing it is 0. */
export function share(part: number, total: number): string {
  return percentage.format(total > 0 ? part / total : 0)
}

/** Base 1024: `3.2 MiB`. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10))
  return `${precise.format(value / 1024 ** step)} ${units[step]}`
}

/** `2026-11-21 00:17:31`, of the reader's time zone. */
export function time(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `1 row`, `1,234 rows`. */
export function plural(value: number, noun: string, many = `${noun}s`): string {
  return `${whole.format(value)} ${value === 1 ? noun : many}`
}

/** Column and operator names as words. */
export function words(name: string): string {
  return name.replaceAll('_', ' ')
}

/** JSON text with indentation; what is no JSON stays as it is. */
export function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}

/** Every SHA-256 in a text by its first 12 digits. */
export function shortDigests(text: string): string {
  return text.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1')
}
