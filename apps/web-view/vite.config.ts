import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The embeddable bundle; readers of mesh files become chunks of their own, fetched when a world needs them. */
export default defineConfig({
  root: at('.'),
  build: {
    target: 'es2022',
    outDir: at('dist'),
    emptyOutDir: false,
    lib: { entry: at('src/index.ts'), formats: ['es'], fileName: () => 'simyard-view.js' },
    rolldownOptions: {
      output: {
        chunkFileNames: 'simyard-view-[name].js',
        // What every page needs comes in one request beside the view's own script.
        codeSplitting: {
          groups: [
            {
              name: 'base',
              test: /three\.core|packages\/(frames|geometry)\/|connection\/message|scene\/(asset-url|attribute)|picture-message/,
            },
          ],
        },
      },
    },
  },
})
