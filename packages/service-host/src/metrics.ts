import type { ServerResponse } from 'node:http'
import { reportError } from '@simyard/protocol'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { sendError } from './http-part.js'

interface MetricOptions<Label extends string> {
  /** `simyard_…`, with the unit at the end. */
  readonly name: string
  /** A sentence for who reads the graphs. */
  readonly help: string
  readonly labels?: readonly Label[]
}

/** What one server counts, in the text form that Prometheus reads; with the process's memory, CPU and event loop delay. */
export class Metrics {
  private readonly registry = new Registry()

  constructor() {
    collectDefaultMetrics({ register: this.registry })
  }

  counter<Label extends string = never>({ name, help, labels = [] }: MetricOptions<Label>): Counter<Label> {
    return new Counter({ name, help, labelNames: labels, registers: [this.registry] })
  }

  /** With `read`, the value is asked for when somebody reads the metrics. */
  gauge<Label extends string = never>(
    { name, help, labels = [] }: MetricOptions<Label>,
    read?: (gauge: Gauge<Label>) => void,
  ): Gauge<Label> {
    return new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [this.registry],
      collect() {
        read?.(this)
      },
    })
  }

  /** Upper ends of the buckets in the metric's own unit. */
  histogram<Label extends string = never>(
    { name, help, labels = [] }: MetricOptions<Label>,
    buckets: readonly number[],
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [this.registry] })
  }

  text(): Promise<string> {
    return this.registry.metrics()
  }

  textWith(others: readonly Metrics[]): Promise<string> {
    const together = new Registry()
    for (const { registry } of [this, ...others]) {
      for (const { name } of registry.getMetricsAsArray()) {
        const metric = registry.getSingleMetric(name)
        // Of the process, every server has the same.
        if (metric && !together.getSingleMetric(name)) together.registerMetric(metric)
      }
    }
    return together.metrics()
  }

  /** The answer to `/metrics`; with those of other servers of this process, whose own figures stand there once. */
  send(response: ServerResponse, ...others: readonly Metrics[]): void {
    this.textWith(others).then(
      (text) => {
        response.writeHead(200, { 'Content-Type': this.registry.contentType, 'Cache-Control': 'no-store' })
        response.end(text)
      },
      (error: unknown) => sendError(response, reportError(error)),
    )
  }
}
