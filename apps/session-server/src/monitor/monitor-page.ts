import type { NodeState, NodeView } from '@simyard/fleet'
import { escapeHtml, type MonitorPage, plot, sparkline } from '@simyard/service-host'
import type { PastNotice } from '../notices/notices.js'
import type { SessionStatus } from '../status.js'
import { HISTORY_MINUTES, type History } from './history.js'

export interface MonitorFacts {
  readonly status: SessionStatus
  readonly views: readonly NodeView[]
  readonly history: History
  readonly recent: readonly PastNotice[]
  readonly loadThreshold: number
  /** Address of a server's own monitor. */
  readonly monitorOf: (entry: string) => string
  readonly startedAt: Date
}

const stateWords: Record<NodeState, { text: string; tone: string }> = {
  ready: { text: 'ready', tone: 'good' },
  unknown: { text: 'not asked yet', tone: 'dim' },
  cordoned: { text: 'cordoned: no new visitors', tone: 'warn' },
  draining: { text: 'draining: no new visitors', tone: 'warn' },
  silent: { text: 'does not answer properly', tone: 'bad' },
}

/** What an operator wants to see of the fleet; the words of the original where it has some. */
export function monitorPage(facts: MonitorFacts): MonitorPage {
  const { status, views, recent } = facts
  const main = `<p class="dim">Started on ${longDate(facts.startedAt)}.</p>
${summary(status)}
<h2>Managing ${views.length} simulation server(s):</h2>
${views.length === 0 ? '<p class="card">No simulation server is configured, and none has registered.</p>' : serverTable(facts)}
<h2>Last ${HISTORY_MINUTES} minutes</h2>
<div class="plots">${plots(facts)}</div>
<h2>Events</h2>
${recent.length === 0 ? '<p class="card dim">Nothing has happened yet.</p>' : eventList(recent)}`
  return { title: 'Webots simulation server', heading: 'Webots session server', main }
}

function summary({ available, load, seats, reservations, waiting, meanSeatSeconds, clients }: SessionStatus): string {
  const facts: [string, string][] = [
    ['New visitors', available ? '<span class="good">welcome</span>' : '<span class="bad">no free seat</span>'],
    ['Average load', load < 0 ? 'N/A' : percent(load)],
    ['Seats taken', seats.total === 0 ? 'N/A' : `${seats.taken} of ${seats.total}`],
    ['On the way', String(reservations)],
    ['Waiting', String(waiting)],
    ['A seat lasts', duration(meanSeatSeconds)],
    ['Open pages', String(clients)],
  ]
  return `<dl class="facts">${facts.map(([name, value]) => `<div class="card"><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`
}

function serverTable({ views, history, monitorOf, loadThreshold, status }: MonitorFacts): string {
  const nowMs = Date.now()
  const rows = views.map(({ entry, state, reason, load, seats, warm, reservations, kind, available }, index) => {
    const { text, tone } = state === 'ready' && !available ? { text: 'full', tone: 'warn' } : stateWords[state]
    const why = reason === undefined ? '' : `<br><small class="dim">${escapeHtml(reason)}</small>`
    const lease = kind === 'leased' ? '<br><small class="dim">registered</small>' : ''
    const full = load !== undefined && load >= loadThreshold
    const meter =
      load === undefined
        ? '<span class="dim">N/A</span>'
        : `<meter min="0" max="100" low="60" high="90" optimum="0" value="${Math.min(100, load).toFixed(1)}"></meter> <span${full ? ' class="bad"' : ''}>${percent(load)}</span>`
    return `<tr><td class="dim" data-name="#">${index + 1}</td>
<th scope="row" data-name="simulation server"><span><a id="server-${index + 1}" href="${escapeHtml(monitorOf(entry))}">${escapeHtml(shownEntry(entry))}</a>${lease}</span></th>
<td data-name="state"><span><span class="${tone}">${text}</span>${why}</span></td>
<td data-name="load"><span class="nowrap">${meter}</span></td>
<td data-name="last ${HISTORY_MINUTES} minutes">${sparkline({ points: history.loadOf(entry), nowMs, minutes: HISTORY_MINUTES, max: 100 })}</td>
<td class="number" data-name="seats">${seats ? `${seats.taken} of ${seats.total}` : '–'}</td>
<td class="number" data-name="warm">${warm ? `${warm.ready} of ${warm.size}` : '–'}</td>
<td class="number" data-name="on the way">${reservations}</td></tr>`
  })
  return `<div class="card scroll" tabindex="0" role="region" aria-label="Simulation servers"><table class="stack"><thead><tr><th>#</th><th>simulation server</th><th>state</th><th>load</th><th>last ${HISTORY_MINUTES} minutes</th><th class="number">seats</th><th class="number">warm</th><th class="number">on the way</th></tr></thead>
<tbody>${rows.join('')}
<tr><td></td><th scope="row">average</th><td></td><td data-name="load">${status.load < 0 ? 'N/A' : percent(status.load)}</td><td></td><td></td><td></td><td></td></tr></tbody></table></div>`
}

function plots({ history }: MonitorFacts): string {
  const common = { nowMs: Date.now(), minutes: HISTORY_MINUTES }
  return [
    plot({
      ...common,
      id: 'load',
      title: 'Load',
      description: 'Load of the simulation servers that answer, over the last ten minutes.',
      unit: '%',
      max: 100,
      series: [
        { name: 'average', points: history.meanLoad },
        { name: 'highest', points: history.highestLoad },
      ],
    }),
    plot({
      ...common,
      id: 'visitors',
      title: 'Visitors',
      description: 'Seats and visitors over the last ten minutes.',
      unit: '',
      series: [
        { name: 'seats taken', points: history.seatsTaken },
        { name: 'seats in all', points: history.seatsTotal },
        { name: 'on the way', points: history.reserved },
        { name: 'waiting', points: history.waiting },
      ],
    }),
  ].join('')
}

function eventList(recent: readonly PastNotice[]): string {
  const items = recent.map(({ at, text }) => {
    const iso = at.toISOString()
    return `<li><time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>${escapeHtml(text)}</li>`
  })
  return `<ol class="events card">${items.join('')}</ol><p class="dim"><small>Times of events are UTC.</small></p>`
}

function shownEntry(entry: string): string {
  return entry.startsWith('/') ? `this machine, ${entry}` : entry
}

function percent(value: number): string {
  return `${value.toFixed(1)}%`
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}

/** As Python's `%A, %B %d, %Y at %H:%M:%S`. */
function longDate(date: Date): string {
  const day = date.toLocaleDateString('en-US', { weekday: 'long', month: 'long', day: '2-digit', year: 'numeric' })
  return `${day} at ${date.toLocaleTimeString('en-GB')}`
}
