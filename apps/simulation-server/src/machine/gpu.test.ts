import { expect, test } from 'vitest'
import { parseGpu } from './gpu.js'

test.each([
  [
    'NVIDIA RTX 4070, 37, 12, 3072, 12288\n',
    { name: 'NVIDIA RTX 4070', load: 37, memoryLoad: 12, memory: 25, memoryMiB: 12288 },
  ],
  // The second card is not asked for simulations.
  ['A, 1, 2, 10, 100\nB, 90, 90, 90, 100\n', { name: 'A', load: 1, memoryLoad: 2, memory: 10, memoryMiB: 100 }],
  ['Tegra, [N/A], [N/A], [N/A], [N/A]', { name: 'Tegra', load: 0, memoryLoad: 0, memory: 0, memoryMiB: 0 }],
  ['NVIDIA-SMI has failed because it could not communicate with the driver.', undefined],
  ['', undefined],
])('%j', (text, gpu) => {
  expect(parseGpu(text)).toEqual(gpu)
})
