import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { escapeHtml } from './escape-html.js'
import { monitorStyle } from './style.js'

export interface MonitorPage {
  /** In the browser's tab. */
  readonly title: string
  readonly heading: string
  /** HTML of what changes: it is fetched anew every two seconds. */
  readonly main: string
}

const FRESH_MS = 2000
const RELOAD_SECONDS = 10

/**
 * Fetches the page again and puts its new `main` in the place of the old one. Scroll, focus and opened details stay. A
 * page that nobody looks at, or a server that does not answer, is asked again later.
 */
const renewal = `const interval=${FRESH_MS};let at=Date.now();
const state=document.getElementById('age');
async function renew(){
  if(document.hidden||!getSelection().isCollapsed){at=Date.now();return setTimeout(renew,interval)}
  try{
    const answer=await fetch(location.href,{signal:AbortSignal.timeout(10000)});
    if(!answer.ok)throw new Error(answer.status);
    const text=await answer.text(),part=text.slice(text.indexOf('<main>'),text.lastIndexOf('</main>'));
    const fresh=new DOMParser().parseFromString(part,'text/html').querySelector('main');
    const old=document.querySelector('main');
    if(!fresh||!old)return;
    const y=scrollY,focused=document.activeElement?.id,sideways=[...old.querySelectorAll('.scroll')].map(e=>e.scrollLeft);
    for(const open of old.querySelectorAll('details[open][id]'))fresh.querySelector('#'+CSS.escape(open.id))?.setAttribute('open','');
    old.replaceWith(fresh);
    fresh.querySelectorAll('.scroll').forEach((e,i)=>{e.scrollLeft=sideways[i]??0});
    if(focused)document.getElementById(focused)?.focus({preventScroll:true});
    scrollTo(scrollX,y);at=Date.now();
  }catch{
    // The line below says for how long.
  }finally{
    const seconds=Math.round((Date.now()-at)/1000);
    state.textContent=seconds<10?'Renewed every two seconds.':'The server has not answered for '+seconds+' seconds.';
    setTimeout(renew,interval);
  }
}
setTimeout(renew,interval);`

/** Sends a page that is readable without JavaScript and renews itself quietly with it. */
export function sendMonitorPage(response: ServerResponse, page: MonitorPage): void {
  const nonce = randomBytes(16).toString('base64')
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(page.title)}</title><link rel="icon" href="data:,">
<noscript><meta http-equiv="refresh" content="${RELOAD_SECONDS}"></noscript>
<style nonce="${nonce}">${monitorStyle}</style></head>
<body><header><h1>${escapeHtml(page.heading)}</h1></header>
<main>${page.main}</main>
<footer><span id="age">Renewed every ${RELOAD_SECONDS} seconds.</span></footer>
<script nonce="${nonce}">${renewal}</script></body></html>
`
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(html),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; img-src data:; connect-src 'self'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  })
  response.end(html)
}
