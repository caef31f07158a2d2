import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Pages and workers. Everything they load is below /site/, named by content. */
export default defineConfig({
  root: at('pages'),
  // The pages of rooms may stand below a prefix of a proxy, and are next to /site/.
  experimental: {
    renderBuiltUrl: (filename, { hostId, hostType }) => {
      if (hostType !== 'html') return { relative: true }
      return /godot|join/.test(hostId) ? `./${filename}` : `/${filename}`
    },
  },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: at('dist/pages'),
    emptyOutDir: true,
    assetsDir: 'site',
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        index: at('pages/index.html'),
        project: at('pages/project.html'),
        exhibit: at('pages/exhibit.html'),
        recordings: at('pages/recordings.html'),
        godot: at('pages/godot.html'),
        godotcode: at('pages/godotcode.html'),
        join: at('pages/join.html'),
      },
    },
  },
})
