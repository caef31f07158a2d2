import { fileUrl, listFiles, type Project, readText } from '../../site/api.js'
import { presets } from './program-preset.js'
import type { Language } from './program-run.js'

const beginnings: Readonly<Record<Language, string>> = { python: 'start/program.py', javascript: 'start/program.js' }

/** What there is to do in a project, and what programs for it begin with. */
export interface ProjectTask {
  readonly project: Project
  readonly beginnings: Readonly<Record<Language, string>>
  /** Programs that do it. */
  readonly solutions: readonly { readonly name: string; readonly url: string }[]
}

export async function loadTask(project: Project): Promise<ProjectTask> {
  const files = (await listFiles(project.id)).map(({ path }) => path)
  const textOf = async (language: Language) => {
    const path = beginnings[language]
    return files.includes(path) ? readText(project.id, path) : presets[language]
  }
  const [python, javascript] = await Promise.all([textOf('python'), textOf('javascript')])
  const solutions = files
    .filter((path) => /^solutions\/[^/]+\.(py|js)$/.test(path))
    .map((path) => ({ name: path.slice('solutions/'.length), url: fileUrl(project.id, path) }))
  return { project, beginnings: { python, javascript }, solutions }
}

/** When the project's files cannot be read, programs can be written all the same. */
export function plainTask(project: Project): ProjectTask {
  return { project, beginnings: presets, solutions: [] }
}
