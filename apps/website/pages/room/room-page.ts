import './without-eval.js'
import '../style/room.css'
import { listProjects, type Project } from '../site/api.js'
import { showBanner } from '../site/banner.js'
import { createView, onView, type SimyardView } from '../site/simyard-view.js'
import { manageTheme, type Theme } from '../site/theme.js'
import { placeWordmark } from '../site/wordmark.js'
import { readPageRoom, readPageWorld, rememberRoom } from './page-room.js'
import { loadTask, plainTask } from './program/project-task.js'
import { fillTaskPanel } from './program/task-panel.js'
import { RobotSounds } from './robot-sounds.js'
import { fillRoomCard, manageCopy } from './room-card.js'
import { RoomMembers } from './room-members.js'
import { timerText } from './timer-text.js'
import { WorldControls } from './world-controls.js'

const find = <E extends HTMLElement>(selector: string): E => document.querySelector<E>(selector)!
const notice = find('#notice')
/** A page that can be seen says so only when it was worth noticing. */
const BUSY_MS = 4000
/** The world when the address names no project. */
const DEFAULT_PROJECT = 'fossbot'

async function start(): Promise<void> {
  const room = readPageRoom()
  rememberRoom(room)
  const view = await createView()
  if (!view) return showBanner(notice, 'The 3D view could not be loaded. Reload the page to try again.', 'bad')
  const world = readPageWorld()
  // First of all what takes long elsewhere.
  if (world !== undefined) {
    view.room = { ...room, namespace: '/godot' }
    view.setAttribute('tab', world)
    view.setAttribute('autoplay', '')
    find('#view-box').append(view)
  }
  placeWordmark()
  fillRoomCard(find('#room-card'), find('#room-button'), room)
  manageCopy(find<HTMLButtonElement>('#copy'), find('#session-id'))
  const count = find('#member-count')
  new RoomMembers(find('#members'), room, (members, watchers) => {
    count.textContent = `${members === 0 ? '' : ` · ${members} in`}${watchers === 0 ? '' : ` · ${watchers} watch`}`
  })
  keepAddress(find<HTMLAnchorElement>('#other-page'))
  const sounds = new RobotSounds()
  const controls = new WorldControls(find('#controls'), {
    onCamera: (mode, robot) => view.look(mode, robot || undefined),
    onNoise: (noise) => view.setSurroundings({ noise }),
    onBrightness: (brightness) => view.setSurroundings({ brightness }),
    onSounds: (on) => sounds.enable(on),
    onReset: () => view.reset(),
  })
  let onTheme: ((theme: Theme) => void) | undefined
  manageTheme(find('#theme'), (theme) => {
    view.setAttribute('theme', theme)
    onTheme?.(theme)
  })
  connectView(view, controls, sounds)
  const project = await chooseProject(find<HTMLSelectElement>('#worlds'))
  if (!project || world === undefined)
    return showBanner(notice, 'This site has no world with that name. Choose another one above.', 'bad')
  document.title = `${project.title} – Simyard`
  find('#title').textContent = project.title
  const program = document.querySelector('#editor')
  if (program) {
    const { ProgramDesk } = await import('./program/program-desk.js')
    const task = await loadTask(project).catch((error: Error) => {
      showBanner(notice, error.message, 'warn')
      return plainTask(project)
    })
    fillTaskPanel(find<HTMLButtonElement>('#task-button'), find('#task-text'), task)
    const desk = new ProgramDesk(room, task.beginnings, project.id)
    onTheme = (theme) => desk.setTheme(theme)
  }
}

function connectView(view: SimyardView, controls: WorldControls, sounds: RobotSounds): void {
  const state = find('#room-state')
  let seen = false
  onView(view, 'simyard-room', (room) => {
    state.dataset.state = room.state
    state.textContent = roomText[room.state]
  })
  onView(view, 'simyard-robots', ({ robots }) => controls.setRobots(robots.map(({ name }) => name)))
  onView(view, 'simyard-surroundings', (surroundings) => {
    controls.setSurroundings(surroundings)
    showTimer(surroundings.timer)
    showUpload(surroundings.upload)
  })
  onView(view, 'simyard-sound', ({ name }) => sounds.play(name))
  onView(view, 'simyard-progress', ({ step, state }) => {
    if (step !== 'frame' || state !== 'done' || seen) return
    seen = true
    controls.look('follow')
  })
  onView(view, 'simyard-error', ({ error }) => showBanner(notice, error.message, 'bad'))
  let told = false
  onView(view, 'simyard-stalled', ({ ms }) => {
    const text = stallText(ms, document.hidden)
    if (told || text === undefined) return
    told = true
    showBanner(notice, text, 'warn')
  })
}

/** What let the robots stand still: browsers slow down pages that nobody sees. */
function stallText(ms: number, hidden: boolean): string | undefined {
  const seconds = Math.round(ms / 1000)
  if (hidden) {
    return `The browser slowed this tab down while it was hidden: the robots stood still for ${seconds} s. Keep it in a window of its own that can be seen.`
  }
  if (ms < BUSY_MS) return undefined
  return `This computer was too busy to simulate: the robots stood still for ${seconds} s.`
}

const roomText = {
  joining: 'Joining the room …',
  here: 'Programs can join',
  away: 'Connection lost, trying again …',
  refused: 'Programs cannot join',
} as const

/** Runs on by itself between the messages of the simulation. */
let timer: { running: boolean; seconds: number; at: number } = { running: false, seconds: 0, at: 0 }
function showTimer(next: { readonly running: boolean; readonly seconds: number }): void {
  const wasRunning = timer.running
  timer = { ...next, at: performance.now() }
  drawTimer()
  if (next.running && !wasRunning) requestAnimationFrame(tick)
}

function tick(): void {
  drawTimer()
  if (timer.running) requestAnimationFrame(tick)
}

function drawTimer(): void {
  const seconds = timer.running ? timer.seconds + (performance.now() - timer.at) / 1000 : timer.seconds
  find('#timer').textContent = timerText(seconds)
}

function showUpload(upload: { readonly received: number; readonly pieces: number } | undefined): void {
  find('#room-state').dataset.upload = upload ? `Picture ${Math.round((100 * upload.received) / upload.pieces)} %` : ''
}

async function chooseProject(select: HTMLSelectElement): Promise<Project | undefined> {
  const wanted = new URLSearchParams(location.search).get('project') ?? DEFAULT_PROJECT
  const projects = (await listProjects()).filter(({ id }) => id.startsWith('fossbot') || id === wanted)
  select.replaceChildren(...projects.map(({ id, title }) => new Option(title, id)))
  select.value = wanted
  select.hidden = projects.length < 2
  select.addEventListener('change', () => {
    const address = new URL(location.href)
    address.searchParams.set('project', select.value)
    location.assign(address)
  })
  return projects.find(({ id }) => id === wanted)
}

/** The other page shows the same world, in the same room. */
function keepAddress(link: HTMLAnchorElement): void {
  link.addEventListener('click', () => {
    link.href = new URL(link.getAttribute('href')!.split('?')[0]! + location.search, location.href).href
  })
}

start().catch((error: unknown) => showBanner(notice, error instanceof Error ? error.message : String(error), 'bad'))
