import { nextTick, onBeforeUnmount, onMounted, type Ref, ref, shallowRef, watch } from 'vue'
import { theme } from '../state/theme.ts'
import { drawSoon, forgetDraw, type Pace } from './frames.ts'
import type { DrawnLines } from './line-chart.ts'
import type { Picture } from './picture.ts'

/** A chart in an element: drawn when it is in view, whenever the picture changed. `odd` and the like count what was drawn last. */
export function useLineChart(element: Ref<HTMLElement | null>, picture: () => Picture) {
  const chart = shallowRef<DrawnLines>()
  const problem = ref('')
  const drawn = ref({ points: 0, odd: 0, notShown: 0 })
  const owner = {}
  let isGone = false
  let isInView = false
  let isStale = true

  const draw = () => {
    if (!chart.value) return
    isStale = false
    drawn.value = chart.value.draw(picture())
  }
  const redraw = (pace: Pace = 'now') => {
    isStale = true
    if (isInView && chart.value) drawSoon(owner, draw, pace)
  }
  const resizes = new ResizeObserver(() => {
    chart.value?.resize()
    redraw()
  })
  const views = new IntersectionObserver(
    (entries) => {
      isInView = entries.at(-1)?.isIntersecting ?? false
      if (isInView && isStale) redraw()
    },
    { rootMargin: '200px' },
  )
  onMounted(async () => {
    try {
      const { drawLines } = await import('./line-chart.ts')
      if (isGone || !element.value) return
      chart.value = drawLines(element.value)
      views.observe(element.value)
      resizes.observe(element.value)
    } catch {
      problem.value = 'The chart could not be loaded; its table is complete.'
    }
  })
  watch(theme, async () => {
    // The colours are read once the page has them.
    await nextTick()
    redraw()
  })
  onBeforeUnmount(() => {
    isGone = true
    resizes.disconnect()
    views.disconnect()
    forgetDraw(owner)
    chart.value?.dispose()
  })
  return { chart, problem, drawn, redraw }
}
