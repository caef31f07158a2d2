/** What a client has said, by its own numbers from 1, until the other side is known to have it. */
export class OutgoingLog<Message> {
  private entries: { readonly number: number; readonly message: Message }[] = []
  private last = 0

  /** `limit`: messages that are kept; those before them cannot be said again. */
  constructor(private readonly limit: number) {}

  /** Number of the last message. */
  get lastNumber(): number {
    return this.last
  }

  add(message: Message): number {
    const number = ++this.last
    this.entries.push({ number, message })
    // Twice the limit, so that not every message moves all others.
    if (this.entries.length > 2 * this.limit) this.entries.splice(0, this.limit)
    return number
  }

  /** The other side has everything up to `number`. */
  acknowledge(number: number): void {
    const first = this.entries.findIndex((entry) => entry.number > number)
    this.entries.splice(0, first === -1 ? this.entries.length : first)
  }

  /** What the other side has not got; undefined when some of it is no longer here. */
  after(received: number): readonly { readonly number: number; readonly message: Message }[] | undefined {
    const missing = this.entries.filter(({ number }) => number > received)
    return missing.length === this.last - Math.min(received, this.last) ? missing : undefined
  }
}
