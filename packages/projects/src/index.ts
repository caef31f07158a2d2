export { createFolderStore, type FolderStoreOptions } from './folder-store.js'
export { ProjectManifest, parseManifest } from './manifest.js'
export { checkFilePath, checkProjectId } from './path.js'
export { archiveProject } from './project-archive.js'
export {
  limits,
  type ProjectCopy,
  type ProjectDetails,
  type ProjectFile,
  type ProjectFileContent,
  type ProjectStore,
} from './store.js'
