import type { SceneNode } from '../node.js'
import { getField, getStrings } from '../readers.js'
import type { Scene } from '../scene.js'
import { formatValue } from './attribute.js'
import { attributesOf } from './attributes.js'
import { type ExportOptions, viewerUrl } from './dialect.js'
import { nodeText, rootText } from './node-text.js'

const HEADER = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE X3D PUBLIC "ISO//Web3D//DTD X3D 3.0//EN" "http://www.web3d.org/specifications/x3d-3.0.dtd">
<X3D version="3.0" profile="Immersive" xmlns:xsd="http://www.w3.org/2001/XMLSchema-instance" xsd:noNamespaceSchemaLocation="http://www.web3d.org/specifications/x3d-3.0.xsd">
<head>
<meta name="generator" content="Webots" />`

/** The scene as viewers of Webots' streams read it: each top-level node on a line of its own, WorldInfo first. */
export function exportX3d(scene: Scene, options: ExportOptions): string {
  const context = { scene, options, written: new Map<number, number>() }
  const roots = [scene.worldInfo, ...scene.nodes.filter((node) => node !== scene.worldInfo)]
  const version = options.dialect === 'x3d' ? 'R2025a' : 'R2020a'
  const lines = roots.map((node) => rootText(node, context)).filter((line) => line !== '')
  return `${HEADER}
<meta name="version" content="${version}" />
</head>
<Scene>
${lines.join('\n')}
</Scene>
</X3D>
`
}

/**
 * A field's value as updates of the stream have it; undefined when viewers have no use for it. Addresses are a list, as
 * Webots writes them.
 */
export function fieldText(scene: Scene, node: SceneNode, field: string): string | readonly string[] | undefined {
  if (field === 'url') {
    const context = { scene, options: { dialect: 'x3d' as const }, written: new Map<number, number>() }
    return getStrings(node, field).map((url) => viewerUrl(context, url))
  }
  if (!attributesOf(node.type, 'x3d').includes(field)) return undefined
  return formatValue(getField(node, field) ?? null)
}

/** One node with all below it, for a viewer that already has the rest: what a stream sends when a node is added. */
export function exportNodeX3d(scene: Scene, node: SceneNode, options: ExportOptions): string {
  const context = { scene, options, written: new Map<number, number>() }
  return node.parent === undefined ? rootText(node, context) : nodeText(node, context)
}
