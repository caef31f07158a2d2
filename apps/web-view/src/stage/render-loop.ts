/** What nobody sees is not drawn, but its time goes on; that often it is told. */
const UNSEEN_MS = 250

export interface RenderLoopEvents {
  /** Draws a picture. Returns whether something goes on moving by itself. */
  onDraw(now: number): boolean
  /** In place of a picture that nobody would see. Returns the same. */
  onUnseen(now: number): boolean
}

/** Draws only when something has changed, and only where somebody can see it. */
export class RenderLoop {
  /** Pictures drawn so far. */
  pictures = 0
  private request = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private wanted = false
  /** Whether something has changed since the time was told last without a picture. */
  private untold = false
  private onScreen = true
  private held = false
  private disposed = false
  private readonly observer: IntersectionObserver

  constructor(
    host: Element,
    private readonly events: RenderLoopEvents,
  ) {
    this.observer = new IntersectionObserver((entries) => {
      this.onScreen = entries.at(-1)?.isIntersecting ?? true
      this.plan()
    })
    this.observer.observe(host)
    document.addEventListener('visibilitychange', this.plan)
  }

  /** Cheap to call often. */
  invalidate(): void {
    this.wanted = true
    this.untold = true
    this.plan()
  }

  /** Somebody else draws, until what is returned is called. */
  hold(): () => void {
    this.held = true
    return () => {
      this.held = false
      this.invalidate()
    }
  }

  dispose(): void {
    this.disposed = true
    cancelAnimationFrame(this.request)
    clearTimeout(this.timer)
    this.observer.disconnect()
    document.removeEventListener('visibilitychange', this.plan)
  }

  private get seen(): boolean {
    return this.onScreen && !document.hidden
  }

  private readonly plan = (): void => {
    if (this.held || this.disposed) return
    if (this.seen) this.planPicture()
    else this.planTelling()
  }

  private planPicture(): void {
    if (this.request !== 0 || !this.wanted) return
    this.request = requestAnimationFrame((now) => {
      this.request = 0
      if (!this.seen || this.held) return this.plan()
      this.wanted = false
      this.untold = false
      this.pictures++
      if (this.events.onDraw(now)) this.invalidate()
    })
  }

  private planTelling(): void {
    if (this.timer !== undefined || !this.untold) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      if (!this.seen && !this.held) this.untold = this.events.onUnseen(performance.now())
      this.plan()
    }, UNSEEN_MS)
  }
}
