import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { python } from '@codemirror/lang-python'
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language'
import { lintGutter, setDiagnostics } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import type { Theme } from '../site/theme.js'
import { editorTheme } from './editor-theme.js'

export interface CodeEditorEvents {
  onEdit(path: string, text: string): void
  onSave(): void
  onRun(): void
}

/** One editor, a state for each file: undo and cursor stay with the file. */
export class CodeEditor {
  private readonly view: EditorView
  private readonly states = new Map<string, EditorState>()
  private readonly theme = new Compartment()
  private current: string | undefined

  constructor(
    parent: HTMLElement,
    theme: Theme,
    private readonly events: CodeEditorEvents,
  ) {
    this.colours = editorTheme(theme)
    this.view = new EditorView({ parent })
  }

  private colours: Extension

  get path(): string | undefined {
    return this.current
  }

  open(path: string, text: string): void {
    this.states.set(path, this.makeState(path, text))
    if (this.current === path) this.view.setState(this.states.get(path)!)
  }

  show(path: string): void {
    const state = this.states.get(path)
    if (!state || this.current === path) return
    if (this.current !== undefined) this.states.set(this.current, this.view.state)
    this.current = path
    this.view.setState(state)
    this.view.dispatch({ effects: this.theme.reconfigure(this.colours) })
  }

  text(path: string): string {
    const state = path === this.current ? this.view.state : this.states.get(path)
    return state?.doc.toString() ?? ''
  }

  /** Replaces the text as an edit that can be undone by itself. */
  replace(path: string, text: string): void {
    this.show(path)
    const changes = { from: 0, to: this.view.state.doc.length, insert: text }
    this.view.dispatch({ changes, annotations: isolateHistory.of('full') })
  }

  jump(line: number): void {
    const { doc } = this.view.state
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines))
    this.view.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: 'center' }) })
    this.view.focus()
  }

  /** Underlines the line that failed. */
  markError(path: string, line: number, message: string): void {
    this.show(path)
    const { doc } = this.view.state
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines))
    const from = at.from + (/^\s*/.exec(at.text)?.[0].length ?? 0)
    const mark = { from, to: Math.max(at.to, from), severity: 'error' as const, message }
    this.view.dispatch(setDiagnostics(this.view.state, [mark]))
    this.view.dispatch({ effects: EditorView.scrollIntoView(at.from, { y: 'nearest' }) })
  }

  clearErrors(): void {
    this.view.dispatch(setDiagnostics(this.view.state, []))
  }

  setTheme(theme: Theme): void {
    this.colours = editorTheme(theme)
    this.view.dispatch({ effects: this.theme.reconfigure(this.colours) })
  }

  private makeState(path: string, text: string): EditorState {
    return EditorState.create({
      doc: text,
      extensions: [
        keymap.of([
          { key: 'Mod-s', preventDefault: true, run: () => this.command(this.events.onSave) },
          { key: 'Mod-Enter', preventDefault: true, run: () => this.command(this.events.onRun) },
        ]),
        lineNumbers(),
        lintGutter(),
        highlightActiveLineGutter(),
        highlightActiveLine(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        search({ top: true }),
        highlightSelectionMatches(),
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...completionKeymap,
          indentWithTab,
        ]),
        languageOf(path),
        this.theme.of(this.colours),
        EditorView.contentAttributes.of({
          'aria-label': `Text of ${path}. Escape, then Tab leaves the editor.`,
          tabindex: '0',
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.events.onEdit(path, update.state.doc.toString())
        }),
      ],
    })
  }

  private command(run: () => void): boolean {
    run()
    return true
  }
}

function languageOf(path: string): Extension {
  if (path.endsWith('.py')) return [python(), indentUnit.of('    ')]
  if (/\.(m?js|json)$/.test(path)) return [javascript(), indentUnit.of('  ')]
  return []
}
