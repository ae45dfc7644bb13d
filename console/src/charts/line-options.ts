import { axisNumber, duration } from '../state/format.ts'
import { band } from './band.ts'
import type { Colours } from './line-chart.ts'
import { type DrawnLine, drawnLine, isolated, type Point } from './line-series.ts'
import { edgesOf, type Picture, positionOfStep } from './picture.ts'

/** Options of ECharts for a picture, and what they hold. */
export function chartOptions(picture: Picture, colours: Colours) {
  const drawn = picture.lines.map((line) => drawnLine(line, picture))
  const series = drawn.flatMap((each, index) => seriesOf(picture, each, index, colours))
  const sum = (of: (each: DrawnLine) => number) => drawn.reduce((total, each) => total + of(each), 0)
  return {
    counts: {
      points: sum(({ means }) => means.filter(([, y]) => !Number.isNaN(y)).length),
      odd: sum(({ odd }) => odd.length),
      notShown: sum(({ notShown }) => notShown),
    },
    option: {
      animation: false,
      grid: { left: 4, right: 10, top: 14, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      ...axes(picture, heightOf(drawn), colours),
      series: [...series, marks(picture, colours)],
    },
  }
}

/** From the least to the greatest of what is drawn. */
function heightOf(drawn: readonly DrawnLine[]): [number, number] {
  const values = drawn.flatMap(({ means, band: edges }) => [
    ...means.map(([, y]) => y),
    ...edges.flatMap(([, min, max]) => [min, max]),
  ])
  const known = values.filter((value) => !Number.isNaN(value))
  return [
    known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    known.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ]
}

function axes({ axis, range, log, lines }: Picture, [least, greatest]: [number, number], { text, line }: Colours) {
  const label = { color: text, fontSize: 11, hideOverlap: true }
  const first = lines[0]
  const positions = lines.flatMap((each) => edgesOf(each, axis))
  const limit = (step: number | undefined, choose: (...values: number[]) => number) => {
    const known = step === undefined || !first ? positions : [positionOfStep(first, step, axis)]
    const position = choose(...known.filter((each) => !Number.isNaN(each)))
    return Number.isFinite(position) ? position : null
  }
  const [start, end] = [limit(range?.from, Math.min), limit(range?.to, Math.max)]
  return {
    xAxis: {
      type: 'value',
      min: start,
      max: end,
      ...(axis === 'time' && start !== null && end !== null && { interval: timeInterval(end - start) }),
      splitLine: { show: false },
      splitNumber: 5,
      minInterval: axis === 'step' ? 1 : 0,
      axisLine: { show: true, onZero: false, lineStyle: { color: line } },
      axisTick: { show: false },
      axisLabel: {
        ...label,
        showMinLabel: true,
        formatter: axis === 'step' ? (value: number) => axisNumber(value) : duration,
      },
    },
    yAxis: [
      {
        type: log ? 'log' : 'value',
        scale: true,
        splitNumber: 4,
        splitLine: { lineStyle: { color: line } },
        axisLabel: {
          ...label,
          formatter: (value: number) => (log ? axisNumber(value) : axisNumber(value, least, greatest)),
        },
      },
      { type: 'value', min: 0, max: 1, show: false },
    ],
  }
}

const roundTimes = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400]

/** Seconds between labels: round in minutes and hours, about five in all. */
function timeInterval(seconds: number): number {
  const wanted = seconds / 5
  return roundTimes.find((each) => each >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400
}

function seriesOf({ lines, smoothing }: Picture, drawn: DrawnLine, index: number, colours: Colours): object[] {
  const line = lines[index]
  const key = line?.key ?? ''
  const colour = colours.series[(line?.colour ?? 0) % colours.series.length] ?? ''
  const common = { type: 'line', silent: true, clip: true, animation: false, z: 3 + index }
  const style = { color: colour, width: 1.6, type: line?.dash ? [6, 4] : 'solid' }
  const main = smoothing > 0 ? drawn.smoothed : drawn.means
  return [
    ...(drawn.band.length > 0 ? [band(`${key} band`, drawn.band, colour)] : []),
    ...(smoothing > 0
      ? [
          {
            ...common,
            id: `${key} raw`,
            symbol: 'none',
            lineStyle: { ...style, width: 1, opacity: 0.35 },
            data: drawn.means,
          },
        ]
      : []),
    {
      ...common,
      id: `${key} mean`,
      symbol: 'none',
      lineStyle: style,
      itemStyle: { color: colour },
      data: dotted(main),
    },
    {
      id: `${key} odd`,
      type: 'scatter',
      yAxisIndex: 1,
      symbol: 'triangle',
      symbolSize: 10,
      symbolOffset: [0, 2],
      silent: true,
      clip: false,
      z: 20,
      itemStyle: { color: colours.bad, borderColor: colours.surface, borderWidth: 1 },
      data: drawn.odd.map(([x, y]) => ({ value: [x, y], symbolRotate: y === 1 ? 0 : 180 })),
    },
  ]
}

function dotted(points: Point[]): (Point | object)[] {
  const alone = isolated(points)
  return points.map((value, index) => (alone.has(index) ? { value, symbol: 'circle', symbolSize: 5 } : value))
}

function marks({ marks: found, lines, axis, range }: Picture, { bad, warn }: Colours) {
  const first = lines[0]
  const isSeen = (step: number) => !range || (step >= range.from && step <= range.to)
  const data = !first
    ? []
    : found
        .filter(({ step }) => isSeen(step))
        .map(({ step, severity, isNear }) => ({
          xAxis: positionOfStep(first, step, axis),
          lineStyle: { color: severity === 'critical' || severity === 'high' ? bad : warn, opacity: isNear ? 1 : 0.4 },
        }))
        .filter(({ xAxis }) => !Number.isNaN(xAxis))
  return {
    id: 'marks',
    type: 'line',
    silent: true,
    data: [],
    markLine: {
      symbol: ['none', 'none'],
      silent: true,
      animation: false,
      label: { show: false },
      lineStyle: { type: [3, 3], width: 1.4 },
      data,
    },
  }
}
