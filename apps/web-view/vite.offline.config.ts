import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The player as one classic script: it is written into recordings that are saved as a page. */
export default defineConfig({
  root: at('.'),
  build: {
    target: 'es2022',
    outDir: at('dist'),
    emptyOutDir: false,
    lib: {
      entry: at('src/index.ts'),
      formats: ['iife'],
      name: 'simyardView',
      fileName: () => 'simyard-view-offline.js',
    },
    rolldownOptions: { output: { inlineDynamicImports: true } },
  },
})
