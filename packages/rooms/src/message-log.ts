export interface LoggedMessage {
  /** Counts from 1 in each room. */
  readonly number: number
  readonly to: string
  readonly event: string
  readonly payload: unknown
}

export interface MessageLogOptions {
  /** Messages that are kept at most. */
  readonly messages: number
  /** Characters that they have together at most. */
  readonly characters: number
}

/** The last messages of a room by their numbers, for those who come back after a lost connection. */
export class MessageLog {
  private readonly ring: ({ readonly message: LoggedMessage; readonly characters: number } | undefined)[] = []
  private oldest = 1
  private next = 1
  private characters = 0
  private readonly recipients = new Set<string>()
  /** Number of the last message to each recipient that is no longer here. */
  private readonly lost = new Map<string, number>()

  constructor(private readonly options: MessageLogOptions) {}

  get lastNumber(): number {
    return this.next - 1
  }

  add(to: string, event: string, payload: unknown): number {
    this.recipients.add(to)
    const number = this.next++
    const characters = weigh(payload)
    this.ring[number % this.options.messages] = { message: { number, to, event, payload }, characters }
    this.characters += characters
    while (this.next - this.oldest >= this.options.messages || this.characters > this.options.characters) this.evict()
    return number
  }

  private evict(): void {
    const slot = this.oldest++ % this.options.messages
    const { message, characters } = this.ring[slot]!
    this.ring[slot] = undefined
    this.characters -= characters
    if (this.recipients.has(message.to)) this.lost.set(message.to, message.number)
  }

  /** What was said to somebody after message `number`; undefined when some of it is no longer here. */
  since(to: string, number: number): LoggedMessage[] | undefined {
    if ((this.lost.get(to) ?? 0) > number) return undefined
    const found: LoggedMessage[] = []
    for (let one = Math.max(this.oldest, number + 1); one < this.next; one++) {
      const { message } = this.ring[one % this.options.messages]!
      if (message.to === to) found.push(message)
    }
    return found
  }

  /** Somebody who does not come back needs no memory. */
  forget(to: string): void {
    this.recipients.delete(to)
    this.lost.delete(to)
  }
}

/** About as many characters as the message has: text is what makes messages large. */
function weigh(value: unknown): number {
  if (typeof value === 'string') return value.length + 8
  if (typeof value !== 'object' || value === null) return 8
  let sum = 16
  for (const [key, one] of Object.entries(value)) sum += key.length + weigh(one)
  return sum
}
