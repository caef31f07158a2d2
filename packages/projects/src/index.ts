export type {
  Exhibit,
  ExhibitContent,
  ExhibitDescription,
  ExhibitDraft,
  ExhibitFile,
  ExhibitKind,
  ExhibitStore,
} from './exhibit.js'
export { exhibitLimits } from './exhibit.js'
export { archiveExhibit } from './exhibit-archive.js'
export { createFolderExhibits, type FolderExhibitsOptions } from './folder-exhibits.js'
export { createFolderStore, type FolderStoreOptions } from './folder-store.js'
export { ProjectManifest, parseManifest } from './manifest.js'
export { createMemoryExhibits } from './memory-exhibits.js'
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
