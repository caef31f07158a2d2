import { clockText } from '../controls/clock-text.js'
import { heading, linkRow, Panel, textButton } from '../controls/panel.js'
import type { SaveFormat } from './save.js'

export interface RecordPanelHost {
  readonly kind: 'live' | 'recording' | 'scene'
  readonly recording: boolean
  /** Simulated time since recording began. */
  readonly recordedMs: number
  readonly range: { readonly startMs: number; readonly endMs: number }
  readonly hasPreviousRun: boolean
  /** Where recordings can be shown to others; undefined when the page says of no such site. */
  readonly site: string | undefined
  startRecording(): void
  stopRecording(): void
  /** Shows what would be saved in place of the live run. */
  save(
    format: SaveFormat | 'video',
    what: SavedPart,
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void>
  /** Shows it on the site; resolves to the address of its page. */
  publish(what: SavedPart, onProgress: (text: string) => void): Promise<string>
}

/** What is saved: what was recorded on purpose, the last minutes, or the run before the last reset. */
export type SavedPart = 'recorded' | 'kept' | 'previous'

const formats: readonly (readonly [SaveFormat | 'video', string, string])[] = [
  ['html', 'Page', 'One file that plays everywhere, also without a network'],
  ['video', 'Video', 'Filmed as it plays, from the camera of now'],
  ['simyard', 'Recording', 'To be opened in this player again'],
  ['webots', 'Scene and animation', 'X3D and JSON, for players of Webots'],
  ['csv', 'Table', 'Where every moving part was, as CSV'],
]

/** Recording and saving. The last minutes are there without having been asked for. */
export class RecordPanel extends Panel {
  private readonly state = document.createElement('p')
  private readonly what = document.createElement('select')
  private readonly published = document.createElement('div')
  private timer: ReturnType<typeof setInterval> | undefined
  private saving: AbortController | undefined

  constructor(
    private readonly host: RecordPanelHost,
    onClose: () => void,
  ) {
    super('Record and save', onClose)
    this.state.setAttribute('role', 'status')
    this.what.setAttribute('aria-label', 'What to save')
  }

  override show(): void {
    this.build()
    this.timer = setInterval(() => this.tell(), 250)
    super.show()
  }

  override hide(): void {
    clearInterval(this.timer)
    super.hide()
  }

  private build(): void {
    const { host } = this
    const { startMs, endMs } = host.range
    this.what.replaceChildren(
      ...(host.recordedMs > 0 ? [new Option('What was recorded', 'recorded')] : []),
      new Option(
        host.kind === 'recording' ? 'This recording' : `The last ${((endMs - startMs) / 1000).toFixed(0)} s`,
        'kept',
      ),
      ...(host.hasPreviousRun ? [new Option('The run before the last reset', 'previous')] : []),
    )
    const record = textButton(host.recording ? 'Stop recording' : 'Record from now on', () => {
      if (host.recording) host.stopRecording()
      else host.startRecording()
      this.build()
    })
    this.content.replaceChildren(
      ...(host.kind === 'live' ? [record] : []),
      this.state,
      heading('Save'),
      ...(host.kind === 'live' ? [this.what] : []),
      ...(host.site === undefined ? [] : [this.publishButton(), this.published]),
      ...formats.map(([format, label, note]) => {
        const button = textButton(label, () => void this.save(format, label))
        button.append(Object.assign(document.createElement('small'), { textContent: note }))
        return button
      }),
    )
    this.tell()
  }

  private publishButton(): HTMLElement {
    const button = textButton('Save on this site', () => {
      button.disabled = true
      void this.publish().finally(() => {
        button.disabled = false
      })
    })
    button.append(Object.assign(document.createElement('small'), { textContent: 'With a link for everybody' }))
    return button
  }

  private async publish(): Promise<void> {
    const label = 'Save on this site'
    this.saving?.abort()
    const saving = new AbortController()
    this.saving = saving
    const say = (text: string) => {
      this.state.textContent = `${label}: ${text}`
    }
    say('being made …')
    try {
      const address = await this.host.publish((this.what.value || 'kept') as SavedPart, say)
      say('saved.')
      this.published.replaceChildren(linkRow('Link', address))
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
    }
    this.endLater(saving)
  }

  private tell(): void {
    if (this.saving) return
    const { host } = this
    if (host.recording) this.state.textContent = `Recording: ${clockText(host.recordedMs)}`
    else if (host.kind === 'live')
      this.state.textContent = 'The last two minutes are always kept, so that nothing is lost that was not recorded.'
    else this.state.textContent = ''
  }

  private async save(format: SaveFormat | 'video', label: string): Promise<void> {
    this.saving?.abort()
    const saving = new AbortController()
    this.saving = saving
    const cancel = textButton('Cancel', () => saving.abort())
    const say = (text: string) => {
      this.state.textContent = text
    }
    say(`${label}: being made …`)
    this.state.after(cancel)
    try {
      await this.host.save(
        format,
        (this.what.value || 'kept') as SavedPart,
        (text) => say(`${label}: ${text}`),
        saving.signal,
      )
      say(saving.signal.aborted ? `${label}: stopped.` : `${label}: saved.`)
    } catch (error) {
      say(`${label}: ${error instanceof Error ? error.message : String(error)}`)
    }
    cancel.remove()
    this.endLater(saving)
  }

  /** What was said last stays to be read. */
  private endLater(saving: AbortController): void {
    setTimeout(() => {
      if (this.saving === saving) this.saving = undefined
    }, 5000)
  }
}
