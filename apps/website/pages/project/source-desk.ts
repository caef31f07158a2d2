import { copyProject, type Project, readText, revertFile, writeText } from '../site/api.js'
import type { CopyList, OwnCopy } from '../site/copy-list.js'
import { siteUrl } from '../site/root.js'
import type { Theme } from '../site/theme.js'
import { CodeEditor } from './code-editor.js'
import { DraftStore } from './draft-store.js'
import { controllerOf } from './source-file.js'
import { matchFile } from './traceback.js'

export interface SourceDeskEvents {
  onRun(): void
  /** The file of a controller has been saved. */
  onSaved(controller: { name: string; file: string }, text: string): void
  /** The first save of a gallery project has made a copy. */
  onCopied(copy: OwnCopy): void
  onState(text: string): void
  onProblem(text: string): void
}

interface SourceFile {
  readonly path: string
  saved: string
  readonly tab: HTMLButtonElement
}

/** The files that are open, what of them is saved, and where saving goes. */
export class SourceDesk {
  private readonly editor: CodeEditor
  private readonly files = new Map<string, SourceFile>()
  private readonly drafts: DraftStore
  private draftLost = false
  private saving = false

  constructor(
    private project: Project,
    private copy: OwnCopy | undefined,
    private readonly copies: CopyList,
    private readonly parts: {
      tabs: HTMLElement
      editor: HTMLElement
      save: HTMLButtonElement
      revert: HTMLButtonElement
    },
    theme: Theme,
    private readonly events: SourceDeskEvents,
  ) {
    this.drafts = new DraftStore(localStorage, () => this.project.copyOf ?? this.project.id)
    this.editor = new CodeEditor(parts.editor, theme, {
      onEdit: (path, text) => this.onEdit(path, text),
      onSave: () => void this.save(),
      onRun: () => events.onRun(),
    })
    parts.save.textContent = 'Save'
    parts.save.title = 'Save the program (Ctrl+S)'
    parts.save.addEventListener('click', () => void this.save())
    parts.revert.textContent = 'Revert to original'
    parts.revert.addEventListener('click', () => void this.revert())
    window.addEventListener('beforeunload', (event) => {
      if (this.draftLost && this.changed().length > 0) event.preventDefault()
    })
  }

  async open(paths: readonly string[]): Promise<void> {
    const texts = await Promise.all(paths.map((path) => readText(this.project.id, path)))
    this.files.clear()
    this.parts.tabs.replaceChildren()
    paths.forEach((path, at) => {
      const saved = texts[at]!
      const draft = this.drafts.get(path)
      if (draft === saved) this.drafts.remove(path)
      this.files.set(path, { path, saved, tab: this.makeTab(path) })
      this.editor.open(path, draft ?? saved)
    })
    if (paths[0] !== undefined) this.show(paths[0])
    else this.parts.editor.replaceChildren(noProgram(this.project.id))
    this.refresh()
    if (this.changed().length > 0) this.events.onState('Unsaved changes restored')
  }

  get paths(): string[] {
    return [...this.files.keys()]
  }

  get hasChanges(): boolean {
    return this.changed().length > 0
  }

  setTheme(theme: Theme): void {
    this.editor.setTheme(theme)
  }

  /** Goes to a place that a console line names; false when it is not in an open file. */
  jump(file: string, line: number): boolean {
    const path = matchFile(file, this.paths)
    if (path === undefined) return false
    this.show(path)
    this.editor.jump(line)
    return true
  }

  markError(path: string, line: number, message: string): void {
    this.show(path)
    this.editor.markError(path, line, message)
  }

  clearErrors(): void {
    if (this.files.size > 0) this.editor.clearErrors()
  }

  async save(): Promise<boolean> {
    const changed = this.changed()
    if (changed.length === 0) {
      this.events.onState('Saved')
      return true
    }
    if (this.saving) return false
    this.saving = true
    this.parts.save.disabled = true
    this.events.onState('Saving…')
    try {
      const copy = await this.ownCopy()
      for (const file of changed) {
        const text = this.editor.text(file.path)
        await writeText(copy.id, copy.key, file.path, text)
        file.saved = text
        if (this.editor.text(file.path) === text) this.drafts.remove(file.path)
        const controller = controllerOf(file.path)
        if (controller) this.events.onSaved(controller, text)
      }
      this.clearErrors()
      this.events.onState('Saved')
      return true
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.events.onState('Not saved')
      this.events.onProblem(`Not saved: ${reason} Your text is kept in this browser.`)
      return false
    } finally {
      this.saving = false
      this.refresh()
    }
  }

  private async revert(): Promise<void> {
    const file = this.files.get(this.editor.path ?? '')
    if (!file) return
    const original = await readText(this.project.copyOf ?? this.project.id, file.path).catch(() => undefined)
    if (original === undefined) {
      this.events.onProblem('The original has no such file.')
      return
    }
    this.editor.replace(file.path, original)
    if (this.copy) {
      await revertFile(this.copy.id, this.copy.key, file.path).catch(() => undefined)
      file.saved = original
      this.drafts.remove(file.path)
      const controller = controllerOf(file.path)
      if (controller) this.events.onSaved(controller, original)
    }
    this.clearErrors()
    this.events.onState('Back to the original')
    this.refresh()
  }

  private async ownCopy(): Promise<OwnCopy> {
    if (this.copy) return this.copy
    const original = this.project.copyOf ?? this.project.id
    const copy = await copyProject(this.project.id)
    this.copies.add(original, copy)
    this.copy = copy
    this.project = { ...this.project, id: copy.id, copyOf: original }
    this.events.onCopied(copy)
    return copy
  }

  private onEdit(path: string, text: string): void {
    const file = this.files.get(path)
    if (!file) return
    if (text === file.saved) this.drafts.remove(path)
    else this.draftLost = !this.drafts.put(path, text)
    this.refresh()
    if (this.hasChanges) this.events.onState('Unsaved changes')
  }

  private changed(): SourceFile[] {
    return [...this.files.values()].filter((file) => this.editor.text(file.path) !== file.saved)
  }

  private show(path: string): void {
    this.editor.show(path)
    for (const file of this.files.values()) {
      const selected = file.path === path
      file.tab.setAttribute('aria-selected', String(selected))
      file.tab.tabIndex = selected ? 0 : -1
    }
  }

  private refresh(): void {
    const changed = new Set(this.changed())
    for (const file of this.files.values()) {
      file.tab.classList.toggle('changed', changed.has(file))
      file.tab.querySelector('.dot')!.setAttribute('aria-label', changed.has(file) ? 'not saved' : '')
    }
    this.parts.save.disabled = this.saving || changed.size === 0
    this.parts.revert.hidden = !this.copy && changed.size === 0
  }

  private makeTab(path: string): HTMLButtonElement {
    const tab = document.createElement('button')
    tab.type = 'button'
    tab.className = 'tab'
    tab.setAttribute('role', 'tab')
    tab.title = path
    tab.innerHTML = '<span></span><span class="dot" role="img"></span>'
    tab.firstElementChild!.textContent = path.split('/').at(-1) ?? path
    tab.addEventListener('click', () => this.show(path))
    tab.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
      const paths = this.paths
      const next = paths[(paths.indexOf(path) + step + paths.length) % paths.length]
      if (step === 0 || next === undefined) return
      this.show(next)
      this.files.get(next)?.tab.focus()
    })
    this.parts.tabs.append(tab)
    return tab
  }
}

function noProgram(project: string): HTMLElement {
  const text = document.createElement('p')
  text.className = 'empty'
  text.append(
    'This world has no program of its own: programs elsewhere drive its robots, with the session id that stands over the world. ',
  )
  const link = document.createElement('a')
  link.href = siteUrl(`godotcode?project=${encodeURIComponent(project)}`)
  link.textContent = 'Write one here, and simulate in this browser.'
  text.append(link)
  return text
}
