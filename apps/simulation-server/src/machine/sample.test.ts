import { expect, test } from 'vitest'
import { csvHeader, csvRow, loadOf, type MachineSample } from './sample.js'

const sample: MachineSample = {
  timestamp: 1763708000,
  running: 2,
  idle: 1,
  cpuLoad: 12.5,
  memory: 40,
  gpuLoad: 0,
  gpuMemoryLoad: 0,
  gpuMemory: 0,
  swap: 5,
  disk: 97,
  sent: 0.001,
  received: 0,
}

test('the file of the original: words, order, comma and blank', () => {
  expect(csvHeader).toBe(
    'Timestamp, Webots running, Webots idle, CPU load, CPU memory, GPU load compute, GPU load memory, GPU memory, Swap, Disk, Network sent, Network received\n',
  )
  expect(csvRow(sample)).toBe('1763708000, 2, 1, 12.5, 40.0, 0, 0, 0.0, 5.0, 97.0, 0.001, 0.0\n')
})

test('the present load: the busiest of processor, memory and graphics, the mean of five seconds', () => {
  expect(loadOf([], 'current')).toBe(0)
  expect(loadOf([sample], 'current')).toBe(15)
  expect(loadOf([{ ...sample, gpuLoad: 80 }], 'current')).toBe(80)
  const busy = { ...sample, cpuLoad: 65 }
  expect(loadOf([busy, sample, sample, sample, sample, sample], 'current')).toBe(15)
  expect(loadOf([sample, sample, sample, sample, sample, busy], 'current')).toBe(25)
})

test('the load until R2022a: the largest column, a full disk too', () => {
  expect(loadOf([{ ...sample, cpuLoad: 99 }, sample], '2019')).toBe(97)
  expect(loadOf([{ ...sample, disk: 3, memory: 4, cpuLoad: 1, running: 40 }], '2019')).toBe(40)
})
