import { reactive, watch } from 'vue'
import { type MetricFamily, metricFamilies } from '../../../schemas/canonical-metrics.ts'
import type { Axis } from '../charts/picture.ts'

interface Settings {
  families: MetricFamily[]
  smoothing: number
  log: boolean
  axis: Axis
}

const storageKey = 'sluice.charts'
let settings: Settings | undefined

/** How charts are drawn, kept from one page to the next. */
export function chartSettings(): Settings {
  if (settings) return settings
  const made = reactive<Settings>({
    families: [...metricFamilies],
    smoothing: 0,
    log: false,
    axis: 'step',
    ...stored(),
  })
  settings = made
  watch(made, (value) => {
    try {
      localStorage.setItem(storageKey, JSON.stringify(value))
    } catch {
      // Storage is closed: the settings last as long as the page.
    }
  })
  return made
}

function stored(): Partial<Settings> {
  try {
    const found = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Settings>
    const families = Array.isArray(found.families)
      ? metricFamilies.filter((each) => found.families?.includes(each))
      : undefined
    return {
      ...(families && { families }),
      ...(typeof found.smoothing === 'number' &&
        found.smoothing >= 0 &&
        found.smoothing < 1 && { smoothing: found.smoothing }),
      ...(typeof found.log === 'boolean' && { log: found.log }),
      ...((found.axis === 'step' || found.axis === 'time') && { axis: found.axis }),
    }
  } catch {
    return {}
  }
}
