import { escapeHtml, type MonitorPage, type PlotSeries, plot } from '@simyard/service-host'
import type { MachineFacts } from '../machine/machine-facts.js'
import type { MachineSample } from '../machine/sample.js'
import type { SandboxLimits } from '../sandbox/limits.js'
import type { InstanceStatus, ServerStatus } from './server-status.js'

export interface MonitorFacts {
  readonly title: string | undefined
  readonly description: string | undefined
  readonly status: ServerStatus
  readonly samples: readonly MachineSample[]
  readonly machine: MachineFacts | undefined
  readonly allowedRepositories: readonly string[]
  readonly blockedRepositories: readonly string[]
  /** Percent. */
  readonly shareIdleTime: number
  readonly notify: readonly string[]
  readonly timeoutSeconds: number
  readonly controllerLimits: SandboxLimits
  readonly simulatorLimits: SandboxLimits
  readonly nowMs: number
}

const MINUTES = 10

/** What an operator wants to see of one simulation server. */
export function monitorPage(facts: MonitorFacts): MonitorPage {
  const title = facts.title ?? 'Simyard simulation server'
  const description = facts.description ? `<p>${escapeHtml(facts.description)}</p>` : ''
  return {
    title,
    heading: title,
    main: [
      description,
      summary(facts.status),
      instances(facts.status),
      plots(facts),
      machine(facts),
      attempts(facts.status),
      rules(facts),
    ].join('\n'),
  }
}

function summary(status: ServerStatus): string {
  const { seats, warm, sandbox } = status
  const items: [string, string][] = [
    ['Load', meter(status.load, 100, `${status.load} %`)],
    ['Seats taken', meter(seats.taken, seats.total, `${seats.taken} of ${seats.total}`)],
    ['Simulations', `${status.running} running, ${status.idle} paused`],
    ['Kept ready', warm.size === 0 ? 'none' : `${warm.ready} of ${warm.size}`],
    ['New visitors', status.draining ? '<strong class="bad">none: draining</strong>' : 'welcome'],
    ['Sandbox', sandbox.safe ? '<span class="good">on</span>' : '<strong class="bad">OFF</strong>'],
  ]
  return `<dl class="facts">${items.map(([name, value]) => `<div class="card"><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`
}

function meter(value: number, max: number, text: string): string {
  return `<meter min="0" max="${max}" low="${max * 0.6}" high="${max * 0.9}" optimum="0" value="${Math.min(value, max)}"></meter><br>${text}`
}

function instances({ instances: list }: ServerStatus): string {
  if (list.length === 0) return '<section><h2>Simulations</h2><p>Nobody is here.</p></section>'
  const row = (one: InstanceStatus) =>
    `<tr>${[
      ['#', one.instance],
      ['Project', escapeHtml(one.project)],
      ['World', escapeHtml(one.world)],
      ['State', one.running ? 'running' : 'paused'],
      ['Viewers', one.viewers ?? '–'],
      ['Processors', one.usage ? one.usage.processors.toFixed(2) : '–'],
      ['Memory', one.usage ? `${Math.round(one.usage.memoryMiB)} MiB` : '–'],
      ['Since', duration(one.age)],
    ]
      .map(([name, value]) => `<td data-name="${name}">${value}</td>`)
      .join('')}</tr>`
  return `<section><h2>Simulations</h2><div class="card scroll"><table class="stack"><thead><tr><th>#</th><th>Project</th><th>World</th><th>State</th><th>Viewers</th><th>Processors</th><th>Memory</th><th>Since</th></tr></thead><tbody>${list.map(row).join('')}</tbody></table></div></section>`
}

function plots({ samples, nowMs }: MonitorFacts): string {
  const series = (name: string, key: keyof MachineSample): PlotSeries => ({
    name,
    points: samples.map((sample) => ({ atMs: sample.timestamp * 1000, value: sample[key] })),
  })
  const common = { nowMs, minutes: MINUTES }
  const percent = { ...common, unit: '%', max: 100 }
  const highest = (...keys: (keyof MachineSample)[]) =>
    Math.max(0, ...samples.flatMap((sample) => keys.map((key) => sample[key])))
  // Whole simulations on the axis, and a quiet network that looks quiet.
  const mostSimulations = Math.max(4, Math.ceil(highest('running', 'idle') / 4) * 4)
  const quietNetwork = highest('sent', 'received') < 1 ? { max: 1 } : {}
  const withGraphics = samples.some(({ gpuLoad, gpuMemory }) => gpuLoad > 0 || gpuMemory > 0)
  const figures = [
    plot({
      ...percent,
      id: 'processor',
      title: 'Processor and memory',
      description: 'Share of the processors, the memory and the swap space in use.',
      series: [series('CPU load', 'cpuLoad'), series('CPU memory', 'memory'), series('Swap', 'swap')],
    }),
    plot({
      ...common,
      max: mostSimulations,
      id: 'simulations',
      unit: '',
      title: 'Simulations',
      description: 'Simulations that run and that are paused.',
      series: [series('running', 'running'), series('idle', 'idle')],
    }),
    ...(withGraphics
      ? [
          plot({
            ...percent,
            id: 'graphics',
            title: 'Graphics card',
            description: 'Share of the graphics card and of its memory in use.',
            series: [
              series('GPU load compute', 'gpuLoad'),
              series('GPU load memory', 'gpuMemoryLoad'),
              series('GPU memory', 'gpuMemory'),
            ],
          }),
        ]
      : []),
    plot({
      ...common,
      ...quietNetwork,
      id: 'network',
      unit: '',
      title: 'Network, MB/s',
      description: 'What this machine sends and receives.',
      series: [series('sent', 'sent'), series('received', 'received')],
    }),
    plot({
      ...percent,
      id: 'disk',
      title: 'Disk',
      description: 'Share of the disk in use.',
      series: [series('Disk', 'disk')],
    }),
  ]
  return `<section><h2>Last ten minutes</h2><div class="plots">${figures.join('')}</div></section>`
}

function machine(facts: MonitorFacts): string {
  const { machine: known, status, timeoutSeconds } = facts
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`
  const rows: [string, string][] = [
    ...(known
      ? ([
          ['Host', `${known.host}, ${known.system}`],
          ['Processor', known.processor],
          ['Graphics card', known.graphics ?? 'none'],
          ['Memory', `${gigabytes(known.memoryBytes)}, swap ${gigabytes(known.swapBytes)}`],
        ] as [string, string][])
      : []),
    ['Simulator', status.placement.description],
    ['Sandbox', status.sandbox.message],
    ['Longest simulation', duration(timeoutSeconds)],
    ['Each controller', limits(facts.controllerLimits)],
    ['Each simulator', limits(facts.simulatorLimits)],
    ['Running since', new Date(status.startedAt).toUTCString()],
  ]
  return `<section><h2>Machine</h2>${table(rows)}</section>`
}

function attempts({ selfTest }: ServerStatus): string {
  const heading = '<h2>Sandbox self-test</h2>'
  if (!selfTest) return `<section>${heading}<p>It has not run yet.</p></section>`
  const rows = selfTest.attempts.map(({ attempt, expected, result, detail }) => {
    const as = result === expected || result === 'stopped' ? 'good' : 'bad'
    return `<tr><th scope="row">${escapeHtml(attempt)}</th><td class="${as}">${result}</td><td>${escapeHtml(detail)}</td></tr>`
  })
  const list = `<details id="attempts"><summary>${rows.length} attempts</summary><div class="card scroll"><table><tbody>${rows.join('')}</tbody></table></div></details>`
  return `<section>${heading}<p class="${selfTest.safe ? 'good' : 'bad'}">${escapeHtml(selfTest.summary)}</p>${list}</section>`
}

function rules({ allowedRepositories, blockedRepositories, shareIdleTime, notify }: MonitorFacts): string {
  const list = (entries: readonly string[]) =>
    entries.length === 0 ? 'none' : `<ul>${entries.map((entry) => `<li>${escapeHtml(entry)}</li>`).join('')}</ul>`
  return `<section><h2>Repositories</h2><div class="card scroll"><table><tbody><tr><th scope="row">Always allowed</th><td>${list(allowedRepositories)}</td></tr>
<tr><th scope="row">Never allowed</th><td>${list(blockedRepositories)}</td></tr>
<tr><th scope="row">Share Idle Time</th><td>${shareIdleTime}%${shareIdleTime > 0 ? ': other repositories may run up to this load' : ''}</td></tr>
<tr><th scope="row">Announced to</th><td>${list(notify)}</td></tr></tbody></table></div></section>`
}

function limits({ memoryMiB, processes, diskMiB, cpuSeconds }: SandboxLimits): string {
  return `at most ${memoryMiB} MiB of memory, ${processes} processes, ${diskMiB} MiB of files, ${duration(cpuSeconds)} of processor`
}

function table(rows: readonly (readonly [string, string])[]): string {
  return `<div class="card scroll"><table><tbody>${rows.map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</tbody></table></div>`
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
