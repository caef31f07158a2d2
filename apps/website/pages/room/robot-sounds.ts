/** A tone: frequency at its start and end in Hz, start and length in seconds. */
type Tone = readonly [from: number, to: number, at: number, length: number, shape?: OscillatorType]

/** Sounds that robots know by name, made here: nothing has to be loaded. */
const tunes: Readonly<Record<string, readonly Tone[]>> = {
  startup: [
    [440, 440, 0, 0.12],
    [554, 554, 0.13, 0.12],
    [659, 659, 0.26, 0.12],
    [880, 880, 0.39, 0.3],
  ],
  proccesing: Array.from({ length: 8 }, (_, i): Tone => [700 + 90 * (i % 3), 820, i * 0.16, 0.1, 'triangle']),
  r2d2: [
    [900, 2400, 0, 0.16],
    [2100, 700, 0.18, 0.18],
    [1200, 1900, 0.38, 0.09],
    [2600, 1100, 0.49, 0.24],
    [700, 2800, 0.75, 0.2],
  ],
  machine_gun: Array.from({ length: 12 }, (_, i): Tone => [160, 60, i * 0.085, 0.06, 'sawtooth']),
}

/** Greek words that the robots say, and what to say where no Greek voice is installed. */
const words: Readonly<Record<string, readonly [greek: string, tones: readonly Tone[]]>> = {
  empodio: ['εμπόδιο', [[520, 300, 0, 0.4]]],
  euxaristw: [
    'ευχαριστώ',
    [
      [520, 700, 0, 0.25],
      [700, 600, 0.26, 0.25],
    ],
  ],
  geia: ['γεια', [[500, 760, 0, 0.3]]],
  kalhmera: [
    'καλημέρα',
    [
      [500, 600, 0, 0.15],
      [600, 560, 0.16, 0.15],
      [700, 540, 0.32, 0.25],
    ],
  ],
  mpravo: [
    'μπράβο',
    [
      [600, 900, 0, 0.2],
      [900, 900, 0.21, 0.3],
    ],
  ],
}

/** Plays one sound at a time; what comes meanwhile is left out, as robots expect it. */
export class RobotSounds {
  private context: AudioContext | undefined
  private busyUntil = 0

  /** A browser lets a page make sounds only after a click. */
  enable(on: boolean): void {
    if (on) {
      this.context ??= new AudioContext()
      void this.context.resume()
    } else void this.context?.suspend()
  }

  /** Whether it is being played. */
  play(name: string): boolean {
    const { context } = this
    if (context?.state !== 'running' || context.currentTime < this.busyUntil) return false
    const word = words[name]
    if (word && this.say(word[0])) {
      this.busyUntil = context.currentTime + 1
      return true
    }
    const tones = tunes[name] ?? word?.[1]
    if (!tones) return false
    for (const tone of tones) this.sound(context, tone)
    this.busyUntil = context.currentTime + Math.max(...tones.map(([, , at, length]) => at + length))
    return true
  }

  private say(text: string): boolean {
    const voice = globalThis.speechSynthesis?.getVoices().find(({ lang }) => lang.startsWith('el'))
    if (!voice) return false
    const utterance = new SpeechSynthesisUtterance(text)
    utterance.voice = voice
    speechSynthesis.speak(utterance)
    return true
  }

  private sound(context: AudioContext, [from, to, at, length, shape = 'square']: Tone): void {
    const start = context.currentTime + at
    const oscillator = new OscillatorNode(context, { type: shape, frequency: from })
    oscillator.frequency.linearRampToValueAtTime(to, start + length)
    const gain = new GainNode(context, { gain: 0 })
    gain.gain.setValueAtTime(0, start)
    gain.gain.linearRampToValueAtTime(0.08, start + 0.01)
    gain.gain.linearRampToValueAtTime(0, start + length)
    oscillator.connect(gain).connect(context.destination)
    oscillator.start(start)
    oscillator.stop(start + length + 0.02)
  }
}
