import { type Recording, readRecording, writeAnimation, writeCsv } from '@simyard/recording'
import { strToU8, zipSync } from 'fflate'
import type { AssetBase } from '../scene/asset-url.js'
import { dataUrl, fetchFiles } from './scene-files.js'

/** `simyard`: our own file; `html`: a page that plays it anywhere; `webots`: scene and animation for other players; `csv`: poses. */
export type SaveFormat = 'simyard' | 'html' | 'webots' | 'csv'

export interface SavedFile {
  readonly name: string
  readonly blob: Blob
}

export interface Savable {
  readonly file: Uint8Array<ArrayBuffer>
  readonly xml: string
  readonly assetBase: AssetBase
  /** The player in one script, for pages without a server. */
  readonly offlineScript: string
}

export async function saveAs(format: SaveFormat, { file, xml, assetBase, offlineScript }: Savable): Promise<SavedFile> {
  const recording = readRecording(file)
  const name = fileName(recording)
  switch (format) {
    case 'simyard':
      return { name: `${name}.simyard`, blob: new Blob([file], { type: 'application/x-simyard-recording' }) }
    case 'csv':
      return { name: `${name}.csv`, blob: new Blob([writeCsv(recording)], { type: 'text/csv' }) }
    case 'webots': {
      const files: Record<string, Uint8Array> = {
        [`${name}.x3d`]: strToU8(xml),
        [`${name}.json`]: strToU8(writeAnimation(recording, { generation: '2022' })),
      }
      for (const [path, bytes] of await fetchFiles(xml, assetBase)) {
        if (!/^[a-z][a-z\d+.-]*:|^\/|(^|\/)\.\.(\/|$)/i.test(path)) files[path] = bytes
      }
      return { name: `${name}.zip`, blob: new Blob([zipSync(files)], { type: 'application/zip' }) }
    }
    case 'html': {
      const response = await fetch(offlineScript)
      if (!response.ok) throw new Error('The player for pages without a server is not on this site.')
      const files = await fetchFiles(xml, assetBase)
      const assets = Object.fromEntries([...files].map(([path, bytes]) => [path, dataUrl(path, bytes)]))
      return {
        name: `${name}.html`,
        blob: new Blob([page(recording, file, assets, await response.text())], { type: 'text/html' }),
      }
    }
  }
}

function fileName({ scene: { title, world } }: Recording): string {
  const said = title || world.replace(/^.*\//, '').replace(/\.wbt$/, '')
  const plain = said
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '-')
    .replace(/^-|-$/g, '')
  return plain === '' ? 'recording' : plain
}

function page(recording: Recording, file: Uint8Array, assets: Record<string, string>, script: string): string {
  const title = escapeHtml(recording.scene.title || 'Recording')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>html, body { height: 100%; margin: 0; background: #22272e } simyard-view { display: block; height: 100% }</style>
</head>
<body>
<simyard-view controls autoplay loop></simyard-view>
<script type="application/json" id="assets">${JSON.stringify(assets).replaceAll('<', '\\u003c')}</script>
<script type="text/plain" id="recording">${dataUrl('recording.simyard', file)}</script>
<script>${script.replaceAll('</script', '<\\/script')}</script>
<script>
const assets = JSON.parse(document.getElementById('assets').textContent)
const bytes = Uint8Array.from(atob(document.getElementById('recording').textContent.split(',')[1]), (letter) => letter.charCodeAt(0))
document.querySelector('simyard-view').showRecording(bytes, (path) => assets[path] ?? path)
</script>
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
