/** Draws only when something has changed, and only where somebody can see it. */
export class RenderLoop {
  /** Pictures drawn so far. */
  pictures = 0
  private request = 0
  private wanted = false
  private onScreen = true
  private disposed = false
  private readonly observer: IntersectionObserver

  /** `draw` tells whether something goes on moving by itself. */
  constructor(
    host: Element,
    private readonly draw: (now: number) => boolean,
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
    this.plan()
  }

  dispose(): void {
    this.disposed = true
    cancelAnimationFrame(this.request)
    this.observer.disconnect()
    document.removeEventListener('visibilitychange', this.plan)
  }

  private readonly plan = (): void => {
    if (this.request !== 0 || !this.wanted || !this.onScreen || document.hidden || this.disposed) return
    this.request = requestAnimationFrame((now) => {
      this.request = 0
      if (!this.onScreen || document.hidden) return
      this.wanted = false
      this.pictures++
      if (this.draw(now)) this.invalidate()
    })
  }
}
