import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '@simyard/service-host'
import { csvHeader, csvRow, type MachineSample } from './sample.js'

/** `monitor.csv`, one row a second, begun anew at each start. A disk that is full stops the file, not the server. */
export class MonitorLog {
  private readonly stream: WriteStream
  private broken = false

  constructor(folder: string, log: Logger) {
    mkdirSync(folder, { recursive: true })
    this.stream = createWriteStream(join(folder, 'monitor.csv'))
    this.stream.on('error', (error) => {
      if (!this.broken) log.error({ err: error }, 'monitor.csv cannot be written any more')
      this.broken = true
    })
    this.stream.write(csvHeader)
  }

  add(sample: MachineSample): void {
    if (!this.broken) this.stream.write(csvRow(sample))
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.broken) resolve()
      else this.stream.end(() => resolve())
    })
  }
}
