// What Node and browsers share beyond the language itself, declared by hand for the core packages: they are compiled
// without the DOM and without Node's types, so that a stray `document` or `process` does not build.
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean })
  decode(bytes?: ArrayBufferView | ArrayBuffer): string
}
declare function atob(text: string): string
declare function btoa(binary: string): string
declare namespace WebAssembly {
  /** In pages of 64 KiB. */
  class Memory {
    constructor(size: { initial: number; maximum?: number })
    readonly buffer: ArrayBuffer
  }
}
