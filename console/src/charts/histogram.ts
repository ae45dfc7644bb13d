import { BarChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import type { Distribution } from '../../../schemas/distribution.ts'
import { count, plural, share, short } from '../state/format.ts'

echarts.use([BarChart, GridComponent, TooltipComponent, CanvasRenderer])

type Histogram = Distribution['histogram']

export interface DrawnChart {
  draw(histogram: Histogram): void
  resize(): void
  dispose(): void
}

/** A bar per bucket, in the colours that the page has now. */
export function drawHistogram(element: HTMLElement): DrawnChart {
  const chart = echarts.init(element)
  return {
    draw: (histogram) => chart.setOption(optionsOf(histogram, coloursOf(element)), { notMerge: true }),
    resize: () => chart.resize(),
    dispose: () => chart.dispose(),
  }
}

function optionsOf({ edges, counts }: Histogram, { bar, text, line, surface }: ReturnType<typeof coloursOf>) {
  const total = counts.reduce((sum, each) => sum + each, 0)
  const label = { color: text, fontSize: 11 }
  return {
    animation: false,
    grid: { left: 4, right: 12, top: 8, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'axis',
      // Text on the canvas: a tooltip of HTML would need inline styles, which the page's policy refuses.
      renderMode: 'richText',
      confine: true,
      axisPointer: { type: 'shadow' },
      backgroundColor: surface,
      borderColor: line,
      textStyle: { color: text, fontSize: 12 },
      formatter: (points: { dataIndex: number }[]) => {
        const index = points[0]?.dataIndex ?? 0
        const rows = counts[index] ?? 0
        return `${rangeOf(edges, index)}\n${plural(rows, 'row')}, ${share(rows, total)}`
      },
    },
    xAxis: {
      type: 'category',
      data: counts.map((_, index) => short(edges[index] ?? 0)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: line } },
      axisLabel: { ...label, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      splitNumber: 2,
      minInterval: 1,
      splitLine: { lineStyle: { color: line } },
      axisLabel: { ...label, formatter: short },
    },
    series: [{ type: 'bar', data: counts, barCategoryGap: '12%', itemStyle: { color: bar } }],
  }
}

function rangeOf(edges: number[], index: number): string {
  const isLast = index + 2 >= edges.length
  return `${count(edges[index] ?? 0)} ${isLast ? 'to' : 'up to'} ${count(edges[index + 1] ?? 0)}`
}

function coloursOf(element: HTMLElement) {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  return { bar: colour('--chart'), text: colour('--muted'), line: colour('--line'), surface: colour('--surface') }
}
