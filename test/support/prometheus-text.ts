export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y

/** The samples of Prometheus' text format. Throws for a line that is none, and for a sample whose type was not told before. */
export function parsePrometheus(text: string): Sample[] {
  const types = new Set<string>()
  return text.split('\n').flatMap((each) => {
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(each)
    if (type) types.add(type[1] ?? '')
    if (each === '' || each.startsWith('# ')) return []
    const [, name = '', labels = '', value = ''] = line.exec(each) ?? []
    const family = [name, name.replace(/_(bucket|sum|count)$/, '')].find((wanted) => types.has(wanted))
    if (family === undefined) throw new Error(`no sample of a known type: ${each}`)
    const number = value === 'Nan' || value === 'NaN' ? Number.NaN : Number(value.replace('Inf', 'Infinity'))
    if (Number.isNaN(number) && !/^nan$/i.test(value)) throw new Error(`no number: ${each}`)
    return [{ name, labels: parseLabels(labels), value: number }]
  })
}

function parseLabels(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  let at = 0
  while (at < text.length) {
    label.lastIndex = at
    const [whole, name, value] = label.exec(text) ?? []
    if (whole === undefined || name === undefined || value === undefined) throw new Error(`no labels: ${text}`)
    found[name] = value
    at += whole.length
  }
  return found
}
