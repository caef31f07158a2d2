import { expect, test } from 'vitest'
import { redirectWindowScript, windowPage } from './webots-windows.js'

test('a window imports its script from where it was served, from any depth and of any release', () => {
  const line = (address: string) => `import RobotWindow from '${address}/RobotWindow.js'; // cyberbotics.com/wwi/`
  for (const address of [
    'https://cyberbotics.com/wwi/R2023b',
    'http://www.cyberbotics.com/wwi/R2025a',
    'https://cyberbotics.com/wwi/R2022a',
  ]) {
    expect(redirectWindowScript('robot_windows/w/w.js', line(address))).toBe(line('../../wwi'))
    expect(redirectWindowScript('plugins/robot_windows/w/lib/a.js', line(address))).toBe(line('../../../../wwi'))
  }
  const other = line('https://example.org/wwi/R2023b')
  expect(redirectWindowScript('robot_windows/w/w.js', other)).toBe(other)
})

test('windows have pages, except those that are none', () => {
  expect(['panel', '<generic>', '<none>', '', 'a b'].map(windowPage)).toEqual([
    'robot_windows/panel/panel.html',
    'robot_windows/generic/generic.html',
    undefined,
    undefined,
    'robot_windows/a%20b/a%20b.html',
  ])
})
