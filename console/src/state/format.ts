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

/** A measured value: seven significant digits unless told, `1.2e-6` where it is tiny or huge; NaN and infinities by name. */
export function measure(value: number | undefined, digits = 7): string {
  if (value === undefined) return 'none'
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '−Infinity'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e9))
    return value
      .toExponential(4)
      .replace(/\.?0+e/, 'e')
      .replace('-', '−')
  return String(Number(value.toPrecision(digits))).replace(/^-/, '−')
}

/** For axes: as `short`, with an exponent where the number is tiny. Over `[min, max]` neighbouring labels differ. */
export function axisNumber(value: number, min = value, max = value): string {
  const size = Math.abs(value)
  const needed = Math.ceil(Math.log10((8 * Math.max(Math.abs(min), Math.abs(max))) / (max - min)))
  const digits = needed > 3 && Number.isFinite(needed) ? Math.min(needed, 9) : 3
  if (size !== 0 && size < 1e-3) return value.toExponential(Math.min(digits - 2, 4)).replace(/\.?0+e/, 'e')
  return digits === 3 ? short(value) : String(Number(value.toPrecision(digits)))
}

/** `45 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 0) return `−${duration(-seconds)}`
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`
  const minutes = Math.round(seconds / 60)
  if (seconds < 600 && Math.round(seconds) % 60 !== 0)
    return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`
  if (minutes < 60) return `${minutes} min`
  const two = (value: number) => String(value).padStart(2, '0')
  if (minutes < 48 * 60)
    return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
  return `${Math.floor(minutes / 1440)} d ${Math.round((minutes % 1440) / 60)} h`
}

/** `$12.34`, `$0.0042`; of an unknown price `not known`. */
export function dollars(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'not known'
  if (value !== 0 && value < 0.01) return `$${value.toPrecision(2)}`
  return `$${value.toFixed(2)}`
}
