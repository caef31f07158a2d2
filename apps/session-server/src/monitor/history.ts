import type { Fleet } from '@simyard/fleet'
import type { PlotPoint } from '@simyard/service-host'

/** So far back the monitor shows. */
export const HISTORY_MINUTES = 10
const SAMPLE_MS = 2000

/** What the fleet was like in the last minutes. */
export class History {
  readonly meanLoad: PlotPoint[] = []
  readonly highestLoad: PlotPoint[] = []
  readonly seatsTaken: PlotPoint[] = []
  readonly seatsTotal: PlotPoint[] = []
  readonly reserved: PlotPoint[] = []
  readonly waiting: PlotPoint[] = []
  private readonly loads = new Map<string, PlotPoint[]>()
  private readonly timer: NodeJS.Timeout

  constructor(private readonly fleet: Fleet) {
    this.timer = setInterval(() => this.sample(), SAMPLE_MS)
    this.timer.unref()
  }

  /** Taken also when the monitor is looked at, so that the curves end with what the table shows. */
  sample(): void {
    const atMs = Date.now()
    if (atMs - (this.waiting.at(-1)?.atMs ?? 0) < SAMPLE_MS / 2) return
    const views = this.fleet.views()
    const loads = views.flatMap(({ load }) => (load === undefined ? [] : [load]))
    const { taken, total } = this.fleet.seats
    const add = (points: PlotPoint[], value: number | undefined) => {
      points.push({ atMs, value })
      while (points[0]!.atMs < atMs - HISTORY_MINUTES * 60_000) points.shift()
    }
    add(this.meanLoad, loads.length === 0 ? undefined : this.fleet.meanLoad)
    add(this.highestLoad, loads.length === 0 ? undefined : Math.max(...loads))
    add(this.seatsTaken, taken)
    add(this.seatsTotal, total)
    add(
      this.reserved,
      views.reduce((sum, { reservations }) => sum + reservations, 0),
    )
    add(this.waiting, this.fleet.waiting)
    for (const { entry, load } of views) {
      const points = this.loads.get(entry) ?? []
      this.loads.set(entry, points)
      add(points, load)
    }
    const entries = new Set(views.map(({ entry }) => entry))
    for (const entry of this.loads.keys()) if (!entries.has(entry)) this.loads.delete(entry)
  }

  loadOf(entry: string): readonly PlotPoint[] {
    return this.loads.get(entry) ?? []
  }

  close(): void {
    clearInterval(this.timer)
  }
}
