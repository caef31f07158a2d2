// Draws the floor of the line following project: a closed dark line on a light ground.
import { mkdirSync, writeFileSync } from 'node:fs'
import { encode } from 'fast-png'

const width = 1120
const height = 800
const metresPerPixel = 1.4 / width
const lineWidth = 0.022

/** A smooth closed curve, metres from the middle of the floor; `t` runs once around from 0 to 2π. */
function curve(t) {
  const radius = 1 + 0.16 * Math.cos(3 * t + 0.5)
  return [0.5 * Math.cos(t) * radius, 0.34 * Math.sin(t) * (1 + 0.1 * Math.cos(2 * t))]
}

const data = new Uint8Array(width * height * 3).fill(236)
for (let i = 0; i < data.length; i += 3) data[i + 2] = 228
const samples = 6000
const reach = Math.ceil(lineWidth / metresPerPixel)
for (let k = 0; k < samples; k++) {
  const [x, y] = curve((2 * Math.PI * k) / samples)
  const cx = width / 2 + x / metresPerPixel
  const cy = height / 2 - y / metresPerPixel
  for (let py = Math.floor(cy - reach); py <= cy + reach; py++) {
    for (let px = Math.floor(cx - reach); px <= cx + reach; px++) {
      const distance = Math.hypot(px - cx, py - cy) * metresPerPixel
      const value = Math.round(22 + 214 * Math.min(1, Math.max(0, (distance - lineWidth / 2) / metresPerPixel)))
      const at = 3 * (py * width + px)
      for (let channel = 0; channel < 3; channel++) data[at + channel] = Math.min(data[at + channel], value)
    }
  }
}
const folder = new URL('../projects/line-following/worlds/textures/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL('track.png', folder), encode({ width, height, data, channels: 3, depth: 8 }))
const [startX, startY] = curve(-Math.PI / 2)
console.log(`The line passes (${startX.toFixed(3)}, ${startY.toFixed(3)}) at the bottom.`)
