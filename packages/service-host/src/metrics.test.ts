import { expect, test } from 'vitest'
import { Metrics } from './metrics.js'

test('a server tells its own figures and those of its process, each with a help text', async () => {
  const metrics = new Metrics()
  metrics
    .counter({ name: 'simyard_visitors_total', help: 'Visitors.', labels: ['answer'] })
    .inc({ answer: 'server' }, 2)
  let seats = 1
  metrics.gauge({ name: 'simyard_seats', help: 'Seats.' }, (gauge) => gauge.set(seats))
  expect(await metrics.text()).toContain('simyard_seats 1')
  seats = 3
  const text = await metrics.text()
  expect(text).toContain('simyard_seats 3')
  expect(text).toContain('simyard_visitors_total{answer="server"} 2')
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
  expect(text).toContain('process_resident_memory_bytes')
  const named = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
  for (const name of named) expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'))
})

test('servers of one process tell their figures together, those of the process once', async () => {
  const [first, second] = [new Metrics(), new Metrics()]
  first.counter({ name: 'simyard_a_total', help: 'A.' }).inc()
  second.gauge({ name: 'simyard_b', help: 'B.' }, (gauge) => gauge.set(7))
  const text = await first.textWith([second])
  expect(text).toContain('simyard_a_total 1')
  expect(text).toContain('simyard_b 7')
  const named = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
  expect(named).toContain('process_resident_memory_bytes')
  expect(new Set(named).size).toBe(named.length)
  expect(await first.text()).not.toContain('simyard_b')
})

test('two servers of one process count by themselves', async () => {
  const [first, second] = [new Metrics(), new Metrics()]
  first.counter({ name: 'simyard_a_total', help: 'A.' }).inc()
  expect(await second.text()).not.toContain('simyard_a_total')
})
