import type { ServerStatus } from './server-status.js'

/** What an operator wants to see of one simulation server; readable without JavaScript, renewed every five seconds. */
export function monitorPage(status: ServerStatus): string {
  const rows: [string, string][] = [
    [
      'Load',
      `<meter min="0" max="100" low="60" high="90" optimum="0" value="${status.load}"></meter> ${status.load} %`,
    ],
    ['Seats', `${status.seats.taken} of ${status.seats.total} taken`],
    ['Simulations', `${status.running} running, ${status.idle} paused`],
    ['Warm simulators', `${status.warm.ready} of ${status.warm.size} ready`],
    ['Sandbox', escapeHtml(status.sandbox.message)],
    ['Taking visitors', status.draining ? 'no, draining' : 'yes'],
    ['Running since', escapeHtml(status.startedAt)],
  ]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5"><title>Simyard simulation server</title>
<style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui;max-width:44rem;margin:3rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th{text-align:left;width:11rem}th,td{padding:.5rem;border-bottom:1px solid #8884;vertical-align:top}</style>
</head><body><h1>Simulation server</h1><table>${rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`).join('')}</table></body></html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
