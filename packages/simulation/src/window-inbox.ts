const MAX_TEXTS = 1000
const MAX_CHARACTERS = 4_000_000

/** What a robot's window said to its controller and the controller has not got. Bounded: the oldest go. */
export class WindowInbox {
  private texts: string[] = []
  private characters = 0

  /** False when an older text had to go. */
  add(text: string): boolean {
    this.texts.push(text)
    this.characters += text.length
    let whole = true
    while (this.texts.length > MAX_TEXTS || this.characters > MAX_CHARACTERS) {
      this.characters -= this.texts.shift()?.length ?? 0
      whole = false
    }
    return whole
  }

  take(): readonly string[] {
    const { texts } = this
    this.clear()
    return texts
  }

  clear(): void {
    this.texts = []
    this.characters = 0
  }
}
