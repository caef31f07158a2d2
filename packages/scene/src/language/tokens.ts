import { SimyardError } from '@simyard/protocol'

export type TokenKind = 'word' | 'number' | 'string' | '{' | '}' | '[' | ']' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** As written; for strings, the text between the quotes without escapes. */
  readonly text: string
  readonly value: number
  readonly offset: number
  readonly line: number
  readonly column: number
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const HEXADECIMAL = /^0[xX][\da-fA-F]+$/

/** Cuts scene text into tokens one at a time, so that what follows a PROTO's interface (a template) is never looked at. */
export class Tokens {
  private offset = 0
  private line: number
  private lineStart: number
  private ahead: Token | undefined

  constructor(
    readonly file: string,
    private readonly text: string,
    start: { readonly line: number; readonly column: number } = { line: 1, column: 1 },
  ) {
    this.line = start.line
    this.lineStart = 1 - start.column
  }

  peek(): Token {
    this.ahead ??= this.read()
    return this.ahead
  }

  next(): Token {
    const token = this.peek()
    this.ahead = undefined
    return token
  }

  /** The next token, which must be of this kind. */
  expect(kind: TokenKind, what: string): Token {
    const token = this.next()
    if (token.kind !== kind) throw this.unexpected(token, what)
    return token
  }

  unexpected(token: Token, expected: string): SimyardError {
    const found = token.kind === 'end' ? 'the end of the file' : `“${token.text.slice(0, 40)}”`
    return this.failure(token, `expected ${expected}, found ${found}`)
  }

  failure(at: { readonly line: number; readonly column: number }, problem: string): SimyardError {
    const location = { file: this.file, line: at.line, column: at.column }
    return new SimyardError('SCENE_SYNTAX', `${this.file}:${at.line}:${at.column}: ${problem}`, { location })
  }

  private read(): Token {
    this.skipBlanks()
    const { text, offset, line } = this
    const column = offset - this.lineStart + 1
    if (offset >= text.length) return { kind: 'end', text: '', value: 0, offset, line, column }
    const first = text[offset]!
    if (first === '{' || first === '}' || first === '[' || first === ']') {
      this.offset++
      return { kind: first, text: first, value: 0, offset, line, column }
    }
    if (first === '"') return this.readString(offset, line, column)
    let end = offset + 1
    while (end < text.length && !isDelimiter(text.charCodeAt(end))) end++
    const word = text.slice(offset, end)
    this.offset = end
    if (NUMBER.test(word) || HEXADECIMAL.test(word)) {
      return { kind: 'number', text: word, value: Number(word), offset, line, column }
    }
    return { kind: 'word', text: word, value: 0, offset, line, column }
  }

  private readString(offset: number, line: number, column: number): Token {
    const { text } = this
    let value = ''
    let at = offset + 1
    for (;;) {
      if (at >= text.length) throw this.failure({ line, column }, 'expected a closing quote for the string begun here')
      const character = text[at]!
      if (character === '"') break
      if (character === '\\' && (text[at + 1] === '"' || text[at + 1] === '\\')) {
        value += text[at + 1]
        at += 2
        continue
      }
      if (character === '\n') this.startLine(at + 1)
      value += character
      at++
    }
    this.offset = at + 1
    return { kind: 'string', text: value, value: 0, offset, line, column }
  }

  private skipBlanks(): void {
    const { text } = this
    while (this.offset < text.length) {
      const code = text.charCodeAt(this.offset)
      if (code === 10) this.startLine(this.offset + 1)
      else if (code === 35) {
        const end = text.indexOf('\n', this.offset)
        this.offset = end < 0 ? text.length : end
        continue
      } else if (code > 32 && code !== 44 && code !== 0xfeff) return
      this.offset++
    }
  }

  private startLine(offset: number): void {
    this.line++
    this.lineStart = offset
  }
}

/** Blanks, quotes, comments, commas, braces and brackets end a word. */
function isDelimiter(code: number): boolean {
  return (
    code <= 32 ||
    code === 34 ||
    code === 35 ||
    code === 44 ||
    code === 91 ||
    code === 93 ||
    code === 123 ||
    code === 125
  )
}
