export const viewStyle = `
:host { display: block; position: relative; overflow: hidden; min-height: 120px; background: #c9d2dc;
  font: 14px/1.45 system-ui, sans-serif; color: #1c2128; }
:host([data-dark]) { background: #22272e; color: #e6edf3; }
:host([hidden]) { display: none; }
.stage, .stage canvas { position: absolute; inset: 0; display: block; outline: none; touch-action: none; }
.stage canvas:focus-visible { box-shadow: inset 0 0 0 2px #1f6feb; }
.stage::after { content: ''; position: absolute; inset: 0; pointer-events: none; }
.stage:has(canvas:focus-visible)::after { box-shadow: inset 0 0 0 2px #1f6feb; }
/* Windows are moved over the picture, and never under the bar that could not be reached then. */
.windows { position: absolute; inset: 0 0 64px; pointer-events: none; }
.windows > * { pointer-events: auto; }
.start { position: absolute; inset: 0; display: grid; place-items: safe center center; padding: 16px 16px var(--simyard-controls, 16px); overflow: auto;
  background: rgb(233 237 242 / 72%); }
.start[hidden] { display: none; }
:host([data-dark]) .start { background: rgb(20 24 30 / 72%); }
.card { width: min(340px, 100%); box-sizing: border-box; padding: 20px 24px; border-radius: 12px; background: #fff;
  box-shadow: 0 8px 32px rgb(0 0 0 / 18%); }
:host([data-dark]) .card { background: #1c2128; box-shadow: 0 8px 32px rgb(0 0 0 / 50%); }
h2 { margin: 0 0 12px; font-size: 16px; }
ol { list-style: none; margin: 0; padding: 0; }
li { display: flex; align-items: center; gap: 10px; padding: 4px 0; }
li[hidden] { display: none; }
li b { font-weight: 500; }
li b { white-space: nowrap; }
li span { margin-left: auto; color: #59636e; font-size: 12px; text-align: right; overflow-wrap: anywhere;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
:host([data-dark]) li span { color: #9198a1; }
li i { flex: none; width: 18px; height: 18px; box-sizing: border-box; border-radius: 50%; border: 2px solid #b6bec8;
  display: grid; place-items: center; font: 700 12px/1 system-ui; font-style: normal; }
li[data-state="waiting"] b { color: #6b7480; }
:host([data-dark]) li[data-state="waiting"] b { color: #9198a1; }
li[data-state="done"] i { border-color: #1a7f37; background: #1a7f37; color: #fff; }
li[data-state="done"] i::after { content: '✓'; }
li[data-state="active"] i { border-color: #1f6feb; border-right-color: transparent; animation: turn .9s linear infinite; }
li[data-state="failed"] i { border-color: #cf222e; background: #cf222e; color: #fff; border-radius: 4px; }
li[data-state="failed"] i::after { content: '!'; }
li[data-state="failed"] b { color: #cf222e; }
:host([data-dark]) li[data-state="failed"] b { color: #ff7b72; }
progress { width: 100%; height: 6px; margin-top: 12px; accent-color: #1f6feb; }
[role="alert"]:not(:empty) { margin-top: 12px; padding-top: 12px; border-top: 1px solid rgb(128 128 128 / 30%); }
[role="alert"] p { margin: 0 0 8px; overflow-wrap: anywhere; white-space: pre-line; }
code { font: 12px ui-monospace, monospace; color: #59636e; }
:host([data-dark]) code { color: #9198a1; }
button { display: block; min-height: 44px; width: 100%; margin-top: 12px; border: 0; border-radius: 8px; cursor: pointer;
  background: #1f6feb; color: #fff; font: 600 14px system-ui, sans-serif; }
button:focus-visible { outline: 2px solid #1f6feb; outline-offset: 2px; }
@keyframes turn { to { transform: rotate(1turn) } }
@media (prefers-reduced-motion: reduce) { li[data-state="active"] i { animation: none; } }
`
