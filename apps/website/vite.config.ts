import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Two pages. Everything they load is below /site/, named by content. */
export default defineConfig({
  root: at('pages'),
  build: {
    target: 'es2022',
    outDir: at('dist/pages'),
    emptyOutDir: true,
    assetsDir: 'site',
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { index: at('pages/index.html'), project: at('pages/project.html') } },
  },
})
