import variant from '@jitl/quickjs-singlefile-mjs-release-sync'
import { type Diagnostic, SimyardError } from '@simyard/protocol'
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSWASMModule } from 'quickjs-emscripten-core'
import { PRELUDE } from './prelude.js'

export interface TemplateLimits {
  /** Wall-clock limit in milliseconds; needs `now`. Default 2000. */
  readonly timeoutMs?: number
  /** A clock in milliseconds. Without one, work is counted instead: the same template then always ends the same way. */
  readonly now?: () => number
}

export interface Template {
  readonly proto: string
  readonly file: string
  /** Scene text with `%< code >%` and `%<= expression >%`. */
  readonly text: string
  readonly line: number
  /** JavaScript text of the objects that the template sees as `fields` and `context`. */
  readonly fields: string
  readonly context: string
}

/** About two seconds of a slow machine: the interpreter asks once in 10 000 steps. */
const MAX_INTERRUPTS = 6000
const STACK_BYTES = 256 * 1024

/** 64 MiB. QuickJS’s own limit does not hold in this build (it cannot see the size of a block), the memory’s maximum does. */
const MEMORY_PAGES = { initial: 256, maximum: 1024 }

let interpreter: Promise<QuickJSWASMModule> | undefined

/** Begins to fetch the interpreter, which takes a while, before the first template needs it. */
export function prepareTemplates(): void {
  // A failure shows when it is needed.
  loadInterpreter().catch(() => undefined)
}

function loadInterpreter(): Promise<QuickJSWASMModule> {
  interpreter ??= newQuickJSWASMModuleFromVariant(
    newVariant(variant, { wasmMemory: new WebAssembly.Memory(MEMORY_PAGES) }),
  )
  return interpreter
}

/** Runs a template alone in a fresh interpreter: no files, no network, no clock, bounded time and memory. */
export async function runTemplate(
  template: Template,
  limits: TemplateLimits,
): Promise<{ readonly text: string; readonly diagnostics: readonly Diagnostic[] }> {
  const runtime = (await loadInterpreter()).newRuntime()
  let interrupted = false
  let interrupts = 0
  const deadline = limits.now && limits.now() + (limits.timeoutMs ?? 2000)
  runtime.setMaxStackSize(STACK_BYTES)
  runtime.setInterruptHandler(() => {
    interrupts++
    interrupted = limits.now && deadline !== undefined ? limits.now() > deadline : interrupts > MAX_INTERRUPTS
    return interrupted
  })
  const context = runtime.newContext()
  try {
    context.unwrapResult(context.evalCode(PRELUDE, 'prelude')).dispose()
    const inputs = `globalThis.fields = ${template.fields}; globalThis.context = ${template.context};`
    context.unwrapResult(context.evalCode(inputs, 'fields')).dispose()
    const result = context.evalCode(compile(template), 'template')
    if (result.error) {
      const failure: unknown = context.dump(result.error)
      result.error.dispose()
      throw interrupted ? timeout(template, limits) : failed(template, failure)
    }
    result.value.dispose()
    const handle = context.unwrapResult(
      context.evalCode('JSON.stringify({ text: __text.join(""), messages: __messages })', 'result'),
    )
    const output = JSON.parse(context.getString(handle)) as Output
    handle.dispose()
    return { text: output.text, diagnostics: output.messages.flatMap((message) => diagnose(template, message)) }
  } finally {
    context.dispose()
    runtime.dispose()
  }
}

interface Output {
  readonly text: string
  readonly messages: readonly { readonly severity: 'info' | 'warning' | 'error'; readonly text: string }[]
}

/** The template as a program. It keeps the lines of the file, so that an error's line is the author's line. */
function compile(template: Template): string {
  let program = '\n'.repeat(template.line - 1)
  for (const [index, part] of template.text.split('%<').entries()) {
    const end = index === 0 ? -1 : part.indexOf('>%')
    if (index > 0 && end < 0) throw failed(template, { message: 'a “%<” is never closed by “>%”' })
    if (index > 0) {
      const code = part.slice(0, end)
      program += code.startsWith('=') ? `__text.push(String(${code.slice(1)}));` : `${withoutImports(code)};`
    }
    const literal = index === 0 ? part : part.slice(end + 2)
    if (literal !== '')
      program += `__text.push(${JSON.stringify(literal)});${'\n'.repeat(literal.split('\n').length - 1)}`
  }
  return program
}

/** `import * as wbrandom from 'wbrandom.js'` and `import {seed, real as r} from …` as plain constants. */
function withoutImports(code: string): string {
  return code
    .replace(/\bimport\s+\*\s+as\s+(\w+)\s+from\s+['"](\w+)\.js['"];?/g, 'const $1 = __modules.$2;')
    .replace(
      /\bimport\s+\{([^}]*)\}\s+from\s+['"](\w+)\.js['"];?/g,
      (_, names: string, module: string) => `const {${names.replace(/\s+as\s+/g, ': ')}} = __modules.${module};`,
    )
}

function timeout(template: Template, limits: TemplateLimits): SimyardError {
  const seconds = (limits.timeoutMs ?? 2000) / 1000
  return new SimyardError(
    'SCENE_TEMPLATE_TIMEOUT',
    `The template of PROTO ${template.proto} was stopped after ${seconds} s: look for a loop without an end in ${template.file}`,
    { location: { file: template.file, line: template.line, column: 1 } },
  )
}

function failed(template: Template, failure: unknown): SimyardError {
  const { name, message, stack } = (
    typeof failure === 'object' && failure !== null ? failure : { message: failure }
  ) as {
    name?: string
    message?: unknown
    stack?: string
  }
  const line = Number(/template:(\d+)/.exec(stack ?? '')?.[1] ?? template.line)
  const problem = name === undefined ? String(message) : `${name}: ${String(message)}`
  return new SimyardError(
    'SCENE_TEMPLATE_FAILED',
    `${template.file}:${line}: the template of PROTO ${template.proto} failed: ${problem}`,
    { location: { file: template.file, line, column: 1 } },
  )
}

function diagnose(template: Template, message: Output['messages'][number]): Diagnostic[] {
  if (message.severity === 'info') return []
  return [
    {
      severity: message.severity,
      code: 'SCENE_TEMPLATE_FAILED',
      message: `PROTO ${template.proto}: ${message.text}`,
      location: { file: template.file, line: template.line, column: 1 },
    },
  ]
}
