import * as z from 'zod'

/** The fields of a line of the JSON form that the text form shows. */
const JsonLine = z.looseObject({
  level: z.number(),
  time: z.number(),
  msg: z.string().default(''),
  err: z.object({ message: z.string().default(''), stack: z.string().optional() }).optional(),
})

/** Python's names of the levels, so that tools made for the originals' logs read ours. */
function levelName(level: number): string {
  if (level >= 60) return 'CRITICAL'
  if (level >= 50) return 'ERROR'
  if (level >= 40) return 'WARNING'
  if (level >= 30) return 'INFO'
  return 'DEBUG'
}

/** Python's asctime: local time with milliseconds after a comma. */
export function asctime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** What a client sent may stand in a message: it must not look like lines of ours, or drive a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return character === '\t' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** A line of the JSON form as `2026-11-21 06:53:16,123 [INFO   ]  text`; an error's stack follows, indented. */
export function textLine(json: string): string {
  const { level, time, msg, err } = JsonLine.parse(JSON.parse(json))
  const cause = err && err.message !== '' && !msg.includes(err.message) ? `: ${err.message}` : ''
  const stack =
    err?.stack && level >= 50
      ? err.stack
          .split('\n')
          .slice(1)
          .map((line) => `\n    ${oneLine(line.trim())}`)
          .join('')
      : ''
  return `${asctime(new Date(time))} [${levelName(level).padEnd(7)}]  ${oneLine(msg + cause)}${stack}\n`
}
