import { CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { chartOptions } from './line-options.ts'
import type { Picture } from './picture.ts'

echarts.use([LineChart, CustomChart, ScatterChart, GridComponent, MarkLineComponent, CanvasRenderer])

export interface DrawnLines {
  /** How many points, marks of values that are not finite, and values that the axis cannot show. */
  draw(picture: Picture): { points: number; odd: number; notShown: number }
  resize(): void
  dispose(): void
  /** Position on the axis at a pixel from the left. */
  positionAt(pixel: number): number
  pixelOf(position: number): number
}

/** Lines in the colours that the page has now. */
export function drawLines(element: HTMLElement): DrawnLines {
  const chart = echarts.init(element)
  let isDrawn = false
  return {
    draw(picture) {
      const { option, counts } = chartOptions(picture, coloursOf(element))
      chart.setOption(option, { replaceMerge: ['series'], silent: true })
      isDrawn = true
      return counts
    },
    resize: () => chart.resize(),
    dispose: () => chart.dispose(),
    positionAt: (pixel) => (isDrawn ? Number(chart.convertFromPixel({ xAxisIndex: 0 }, pixel)) : 0),
    pixelOf: (position) => (isDrawn ? Number(chart.convertToPixel({ xAxisIndex: 0 }, position)) : Number.NaN),
  }
}

export interface Colours {
  text: string
  line: string
  surface: string
  bad: string
  warn: string
  series: string[]
}

function coloursOf(element: HTMLElement): Colours {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  return {
    text: colour('--muted'),
    line: colour('--line'),
    surface: colour('--surface'),
    bad: colour('--bad'),
    warn: colour('--warn'),
    series: Array.from({ length: 8 }, (_, index) => colour(`--series-${index + 1}`)),
  }
}
