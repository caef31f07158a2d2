const MAX_KEPT = 100

interface WindowText {
  readonly robot: string
  readonly text: string
}

/** What controllers say to the windows of their robots. It is kept while nobody is there to hear it, the newest part. */
export class WindowTexts<Listener extends object> {
  private readonly openedBy = new Map<Listener, Set<string>>()
  private unheard: WindowText[] = []

  constructor(private readonly tell: (listener: Listener, text: WindowText) => void) {}

  /** A window of this robot, by itself or in a page, is ready. */
  open(listener: Listener, robot: string): void {
    const robots = this.openedBy.get(listener) ?? new Set()
    this.openedBy.set(listener, robots.add(robot))
    const mine = this.unheard.filter((one) => one.robot === robot)
    this.unheard = this.unheard.filter((one) => one.robot !== robot)
    for (const one of mine) this.tell(listener, one)
  }

  close(listener: Listener): void {
    this.openedBy.delete(listener)
  }

  /** `pages`: those who get what all robots say. */
  say(robot: string, text: string, pages: readonly Listener[]): void {
    const heard = new Set(pages)
    for (const [listener, robots] of this.openedBy) if (robots.has(robot)) heard.add(listener)
    for (const listener of heard) this.tell(listener, { robot, text })
    if (heard.size > 0) return
    this.unheard.push({ robot, text })
    if (this.unheard.length > MAX_KEPT) this.unheard.shift()
  }

  /** Another run begins: nobody waits for the texts of the last one. */
  forget(): void {
    this.unheard = []
  }
}
