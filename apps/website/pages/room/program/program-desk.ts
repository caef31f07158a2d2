import { CodeEditor } from '../../project/code-editor.js'
import { ConsolePanel } from '../../project/console-panel.js'
import { DraftStore } from '../../project/draft-store.js'
import { siteUrl } from '../../site/root.js'
import { currentTheme, type Theme } from '../../site/theme.js'
import type { PageRoom } from '../page-room.js'
import type { FromProgram } from './program-message.js'
import { type Language, ProgramRun } from './program-run.js'

const names: Readonly<Record<Language, string>> = { python: 'Python', javascript: 'JavaScript' }
const files: Readonly<Record<Language, string>> = { python: 'program.py', javascript: 'program.js' }
const STORED_LANGUAGE = 'simyard:language'

/** A program in the page: its text, Execute and Stop, and what it prints. */
export class ProgramDesk {
  private readonly editor: CodeEditor
  private readonly console: ConsolePanel
  private readonly execute = document.querySelector<HTMLButtonElement>('#execute')!
  private readonly stopButton = document.querySelector<HTMLButtonElement>('#stop')!
  private readonly startOver = document.querySelector<HTMLButtonElement>('#start-over')!
  private readonly drafts: DraftStore
  private readonly tabs = new Map<Language, HTMLButtonElement>()
  private language: Language
  /** Loaded, and waiting for its program, or running it. */
  private run: ProgramRun | undefined
  private running = false

  constructor(
    private readonly room: Pick<PageRoom, 'id' | 'address'>,
    private readonly beginnings: Readonly<Record<Language, string>>,
    /** What the browser keeps unsaved text by. */
    project: string,
  ) {
    this.drafts = new DraftStore(localStorage, () => project)
    this.editor = new CodeEditor(document.querySelector<HTMLElement>('#editor')!, currentTheme(), {
      onEdit: (path, text) => this.keep(path, text),
      onSave: () => undefined,
      onRun: () => this.start(),
    })
    this.console = new ConsolePanel(
      document.querySelector<HTMLElement>('#console')!,
      (_file, line) => this.editor.jump(line),
      'What the program prints appears here.',
    )
    for (const language of Object.keys(files) as Language[]) {
      const path = files[language]
      this.editor.open(path, this.drafts.get(path) ?? beginnings[language])
      this.addTab(language)
    }
    this.execute.addEventListener('click', () => this.start())
    this.stopButton.addEventListener('click', () => this.stop())
    this.startOver.addEventListener('click', () => this.putBeginning())
    this.language = localStorage.getItem(STORED_LANGUAGE) === 'javascript' ? 'javascript' : 'python'
    this.choose(this.language)
  }

  setTheme(theme: Theme): void {
    this.editor.setTheme(theme)
  }

  private addTab(language: Language): void {
    const tab = document.createElement('button')
    tab.type = 'button'
    tab.className = 'tab'
    tab.textContent = names[language]
    tab.setAttribute('role', 'tab')
    tab.addEventListener('click', () => this.choose(language))
    tab.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
      const other = language === 'python' ? 'javascript' : 'python'
      this.choose(other)
      this.tabs.get(other)?.focus()
    })
    this.tabs.set(language, tab)
    document.querySelector('#tabs')!.append(tab)
  }

  private choose(language: Language): void {
    if (this.running) return
    this.language = language
    localStorage.setItem(STORED_LANGUAGE, language)
    for (const [name, tab] of this.tabs) {
      tab.setAttribute('aria-selected', String(name === language))
      tab.tabIndex = name === language ? 0 : -1
    }
    this.editor.show(files[language])
    this.offerStartOver()
    this.ready()
  }

  private keep(path: string, text: string): void {
    if (text === this.beginnings[this.language]) this.drafts.remove(path)
    else this.drafts.put(path, text)
    this.offerStartOver()
  }

  private offerStartOver(): void {
    this.startOver.disabled = this.editor.text(files[this.language]) === this.beginnings[this.language]
  }

  private putBeginning(): void {
    this.editor.clearErrors()
    this.editor.replace(files[this.language], this.beginnings[this.language])
    this.editor.jump(1)
    this.console.add({ stream: 'info', line: '— the beginning is back; undo in the editor brings your text back —' })
  }

  /** Loads the language before somebody asks for it. */
  private ready(): ProgramRun {
    if (this.run?.language === this.language) return this.run
    this.run?.stop()
    const run = new ProgramRun(this.language, siteUrl(''), (message) => {
      if (this.run === run) this.receive(message)
    })
    this.run = run
    return run
  }

  private start(): void {
    if (this.running) return
    this.editor.clearErrors()
    this.console.clear()
    const run = this.ready()
    this.setRunning(true)
    run.start({
      script: this.editor.text(files[this.language]),
      sessionId: this.room.id,
      address: this.room.address,
      site: siteUrl(''),
    })
  }

  private stop(): void {
    if (!this.running) return
    this.finish()
    this.console.add({ stream: 'info', line: '— stopped —' })
  }

  private receive(message: FromProgram): void {
    switch (message.type) {
      case 'progress':
        this.execute.textContent = this.running ? message.text || 'Running …' : 'Execute'
        return
      case 'print':
        this.console.add({ stream: message.stream, line: message.line })
        return
      case 'ended':
        this.finish()
        this.console.add({ stream: 'info', line: '— the program has ended —' })
        return
      case 'failed':
        this.finish()
        this.console.add({ stream: 'stderr', line: message.message })
        if (message.line !== undefined) this.editor.markError(files[this.language], message.line, message.message)
    }
  }

  /** A fresh one for the next program: what this one left behind must not be there. */
  private finish(): void {
    this.run?.stop()
    this.run = undefined
    this.setRunning(false)
    this.ready()
  }

  private setRunning(running: boolean): void {
    this.running = running
    this.execute.disabled = running
    this.execute.textContent = running ? 'Running …' : 'Execute'
    this.stopButton.disabled = !running
    for (const [language, tab] of this.tabs) tab.disabled = running && language !== this.language
  }
}
