import '../style/project.css'
import { ApiError, fileUrl, getProject, listFiles, type Project, readText } from '../site/api.js'
import { showBanner, warnWithoutSandbox } from '../site/banner.js'
import { CopyList } from '../site/copy-list.js'
import { dressButton } from '../site/icon.js'
import { OwnRecordings } from '../site/own-recordings.js'
import { createView, onView, type SimyardView } from '../site/simyard-view.js'
import { currentTheme, manageTheme } from '../site/theme.js'
import { placeWordmark } from '../site/wordmark.js'
import { fillAboutPanel } from './about-panel.js'
import { ConsolePanel } from './console-panel.js'
import { fillHelpSheet } from './help-sheet.js'
import { manageDivider, managePhoneTabs } from './layout.js'
import { showRoomNote } from './room-note.js'
import { listenForShortcuts } from './shortcut.js'
import type { SourceDesk } from './source-desk.js'
import { controllersOf, editableFiles } from './source-file.js'
import { TracebackReader } from './traceback.js'

const find = <E extends HTMLElement>(selector: string): E => document.querySelector<E>(selector)!
const notice = find('#notice')
const saved = find('#saved')
const hint = find('#hint')
const copies = new CopyList(localStorage)

async function start(): Promise<void> {
  placeWordmark()
  manageDivider(find('#divider'), find('.workbench'))
  const showPane = managePhoneTabs()
  const id = decodeURIComponent(location.pathname.split('/')[2] ?? '')
  const own = copies.of(id)
  if (own && !new URLSearchParams(location.search).has('original')) {
    location.replace(`/p/${encodeURIComponent(own.id)}${location.search}`)
    return
  }
  const loading = createView()
  let project: Project
  try {
    // The server has put it into the page; the API says why when it could not.
    project =
      (JSON.parse(find<HTMLMetaElement>('meta[name=project]').content) as Project | null) ?? (await getProject(id))
  } catch (error) {
    explainMissing(id, error)
    return
  }
  const view = await loading
  const world = chooseWorld(project)
  // First of all what takes long elsewhere; the editor is made while the server loads the world.
  if (view && world !== undefined) {
    dressView(view)
    view.setAttribute('server', serverAddress(world))
    find('#view-box').append(view)
  }
  void warnWithoutSandbox(notice)
  showProject(project)
  const help = find<HTMLDialogElement>('#help')
  fillHelpSheet(help)
  const act = (action: (view: SimyardView) => void) => () => {
    if (view) action(view)
  }
  const toggleRun = act((one) => {
    if (one.state === 'running' || one.state === 'fast') one.pause()
    else one.run()
  })
  const reset = act((one) => one.reset())
  const fullScreen = act((one) => one.toggleFullScreen())

  const desk = import('./source-desk.js').then(
    ({ SourceDesk: Desk }) =>
      new Desk(
        project,
        copies.byId(project.id),
        copies,
        { tabs: find('#tabs'), editor: find('#editor'), save: find('#save'), revert: find('#revert') },
        currentTheme(),
        {
          onRun: toggleRun,
          onSaved: (controller, text) => {
            view?.setController(controller.name, controller.file, text)
            offerReset(reset)
          },
          onCopied: (copy) => {
            history.replaceState(null, '', `/p/${encodeURIComponent(copy.id)}${location.search}`)
          },
          onState: (text) => {
            saved.textContent = text === 'Saved' && copies.byId(currentId()) ? 'Saved in your copy' : text
          },
          onProblem: (text) => problem(text),
        },
      ),
  )
  desk.catch(() => problem('The editor could not be loaded. Reload the page to try again.'))
  const withDesk = (act: (desk: SourceDesk) => void) => void desk.then(act, () => undefined)
  const console = new ConsolePanel(find('#console'), (file, line) => {
    withDesk((one) => {
      if (one.jump(file, line)) showPane('code')
    })
  })
  manageTheme(find('#theme'), (theme) => {
    withDesk((one) => one.setTheme(theme))
    view?.setAttribute('theme', theme)
  })
  listenForShortcuts({
    toggleRun,
    step: act((one) => one.step()),
    reset,
    fullScreen,
    help: () => help.showModal(),
    save: () => withDesk((one) => void one.save()),
  })

  if (view)
    listenToView(view, console, withDesk, () => {
      hint.hidden = true
      withDesk((one) => one.clearErrors())
    })
  else problem('The 3D view could not be loaded. Reload the page to try again.')
  if (world === undefined) return problem('This project has no world.')
  onWorldChosen((path) => {
    view?.setAttribute('server', serverAddress(path))
    console.clear()
    withDesk((one) => void showProgram(project, path, one))
  })
  withDesk((one) => void showProgram(project, world, one))
}

function dressView(view: SimyardView): void {
  view.setAttribute('theme', currentTheme())
  view.setAttribute('controls', '')
  // This page has its own places for these.
  view.setAttribute('hide', 'quit reload worlds console share info')
  view.setAttribute('site', location.origin)
  const help = document.createElement('button')
  help.type = 'button'
  help.slot = 'tools'
  help.className = 'view-help'
  dressButton(help, 'help', 'Help', '?')
  help.addEventListener('click', () => find<HTMLDialogElement>('#help').showModal())
  view.append(help)
}

function listenToView(
  view: SimyardView,
  console: ConsolePanel,
  withDesk: (act: (desk: SourceDesk) => void) => void,
  onReset: () => void,
): void {
  const readers = new Map<string, TracebackReader>()
  onView(view, 'simyard-reset', () => {
    onReset()
    console.add({ stream: 'info', line: '— reset —' })
  })
  onView(view, 'simyard-console', (entry) => {
    console.add(entry)
    if (entry.stream !== 'stderr') return
    const robot = entry.robot ?? ''
    withDesk((desk) => {
      const reader = readers.get(robot) ?? new TracebackReader(() => desk.paths)
      readers.set(robot, reader)
      const error = reader.push(entry.line)
      if (error) desk.markError(error.file, error.line, error.message)
    })
  })
  onView(view, 'simyard-error', ({ error }) =>
    console.add({ stream: 'stderr', line: `${error.code}: ${error.message}` }),
  )
  onView(view, 'simyard-diagnostic', ({ severity, code, message, location }) => {
    const place = location ? `${location.file}:${location.line}` : ''
    const at = message.startsWith(place) ? '' : `${place}: `
    console.add({ stream: severity === 'error' ? 'stderr' : 'info', line: `${at}${message} [${code}]` })
  })
  onView(view, 'simyard-saved', ({ id, key }) => new OwnRecordings(localStorage).add(id, key))
  onView(view, 'simyard-room', (room) => showRoomNote(find('#room-note'), room))
  onView(view, 'simyard-sandbox', ({ safe, message }) => {
    if (!safe && notice.childElementCount === 0)
      showBanner(notice, message ?? 'Programs run here without a sandbox.', 'warn')
  })
}

function serverAddress(world: string): string {
  return `${location.origin}/session?url=${new URL(fileUrl(currentId(), world), location.origin).href}`
}

async function showProgram(project: Project, world: string, desk: SourceDesk): Promise<void> {
  try {
    const [files, text] = await Promise.all([listFiles(project.id), readText(project.id, world)])
    await desk.open(editableFiles(files, controllersOf(text)))
  } catch (error) {
    problem(`The program cannot be shown: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The world of the address, or the first one. */
function chooseWorld(project: Project): string | undefined {
  const select = find<HTMLSelectElement>('#worlds')
  select.hidden = project.worlds.length < 2
  select.replaceChildren(...project.worlds.map((path) => new Option(path.replace(/^worlds\/|\.wbt$/g, ''), path)))
  const wanted = new URLSearchParams(location.search).get('world')
  const chosen = project.worlds.find((path) => path === wanted) ?? project.worlds[0]
  if (chosen !== undefined) select.value = chosen
  return chosen
}

function onWorldChosen(open: (world: string) => void): void {
  const select = find<HTMLSelectElement>('#worlds')
  select.addEventListener('change', () => {
    history.replaceState(null, '', `${location.pathname}?world=${encodeURIComponent(select.value)}`)
    open(select.value)
  })
}

function showProject(project: Project): void {
  document.title = `${project.title} · Simyard`
  find('#title').textContent = project.title
  saved.textContent = copies.byId(project.id) ? 'Your copy' : project.copyOf ? 'Somebody’s copy' : ''
  fillAboutPanel(find('#about'), project)
  const about = find('#about-button')
  dressButton(about, 'info', 'About')
  about.addEventListener('click', () => {
    const open = document.body.dataset.about !== 'open'
    document.body.dataset.about = open ? 'open' : ''
    about.setAttribute('aria-expanded', String(open))
  })
  const share = find('#share')
  dressButton(share, 'share', 'Share')
  share.addEventListener('click', () => void copyLink())
}

async function copyLink(): Promise<void> {
  const link = location.href.replace(/#.*$/, '')
  try {
    await navigator.clipboard.writeText(link)
    saved.textContent = 'Link copied'
  } catch {
    window.prompt('The link to this project:', link)
  }
}

function offerReset(reset: () => void): void {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'text-button'
  button.textContent = 'Reset now'
  button.addEventListener('click', reset)
  hint.replaceChildren('Saved. Reset to run the new program.', button)
  hint.hidden = false
}

function explainMissing(id: string, error: unknown): void {
  manageTheme(find('#theme'))
  find('#title').textContent = 'Not found'
  const back = document.createElement('a')
  const own = copies.byId(id)
  if (error instanceof ApiError && error.code === 'PROJECT_NOT_FOUND' && own) copies.remove(id)
  back.href = '/'
  back.textContent = 'All projects'
  showBanner(notice, error instanceof Error ? error.message : String(error), 'bad', back)
}

function problem(text: string): void {
  const close = document.createElement('button')
  close.type = 'button'
  close.className = 'text-button'
  close.textContent = 'Dismiss'
  showBanner(notice, text, 'bad', close)
  close.addEventListener('click', () => close.parentElement?.remove())
}

function currentId(): string {
  return decodeURIComponent(location.pathname.split('/')[2] ?? '')
}

void start()
