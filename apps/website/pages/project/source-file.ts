const shown = /\.(py|js|mjs|json|txt|md|csv|yaml)$/i
const MAX_EDITED_BYTES = 256 * 1024

/** Names in `controller "…"` of a world, without Webots' own `<extern>` and the like. */
export function controllersOf(world: string): string[] {
  const names = [...world.matchAll(/^[^#\n]*\bcontroller\s+"([^"<>]+)"/gm)].map((match) => match[1]!)
  return [...new Set(names)].filter((name) => name !== 'void')
}

/** The files to edit: those of the world's controllers, each main program first; else those of all controllers. */
export function editableFiles(
  files: readonly { path: string; size: number }[],
  controllers: readonly string[],
): string[] {
  const texts = files.filter((file) => shown.test(file.path) && file.size <= MAX_EDITED_BYTES).map((file) => file.path)
  const all = texts.filter((path) => path.startsWith('controllers/'))
  const used = all.filter((path) => controllers.includes(path.split('/')[1] ?? ''))
  const rank = (path: string) => (isMain(path) ? 0 : 1)
  return (used.length > 0 ? used : all).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

/** `controllers/<name>/<name>.<extension>` */
export function isMain(path: string): boolean {
  const [, folder, file, ...rest] = path.split('/')
  return rest.length === 0 && file?.replace(/\.\w+$/, '') === folder
}

/** Name and file as the stream's `set controller:` wants them. */
export function controllerOf(path: string): { name: string; file: string } | undefined {
  const match = /^controllers\/([^/]+)\/([^/]+)$/.exec(path)
  return match ? { name: match[1]!, file: match[2]! } : undefined
}
