/** For the shadow root in which windows are. */
export const windowStyle = `
.window { position: absolute; display: flex; flex-direction: column; box-sizing: border-box; overflow: hidden;
  border: 1px solid #b6bec8; border-radius: 10px; background: #fff; color: #1c2128; box-shadow: 0 8px 32px rgb(0 0 0 / 22%);
  font: 14px/1.45 system-ui, sans-serif; --quiet: #59636e; --line: #d8dee4; --accent: #1860d0; --sunken: #eff2f5; }
:host(:is([theme="dark"], [data-dark])) .window { background: #151b23; color: #e6edf3; border-color: #444c56; --quiet: #9198a1; --line: #30363d;
  --accent: #58a6ff; --sunken: #10151c; color-scheme: dark; }
.window header { display: flex; align-items: center; gap: 4px; flex: none; min-height: 44px; padding: 0 4px; cursor: move;
  touch-action: none; user-select: none; background: var(--sunken); border-bottom: 1px solid var(--line); }
.window h2 { flex: 1; margin: 0; font-size: 14px; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.window button { display: grid; place-items: center; flex: none; width: 36px; min-height: 36px; margin: 0; padding: 0; border: 0;
  border-radius: 6px; background: none; color: inherit; font: 18px/1 system-ui, sans-serif; cursor: pointer; }
.window button:hover { background: var(--line); }
.window .window-move { cursor: move; touch-action: none; }
.window .window-resize { position: absolute; right: 0; bottom: 0; width: 24px; min-height: 24px; cursor: nwse-resize;
  touch-action: none; border-radius: 0; background: linear-gradient(135deg, transparent 55%, var(--quiet) 55% 62%, transparent 62% 74%,
  var(--quiet) 74% 81%, transparent 81%); }
.window :focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.window-body { flex: 1; min-height: 0; overflow: auto; padding: 8px 12px 24px; }
.window-page { padding: 0; overflow: hidden; }
.window iframe { display: block; width: 100%; height: 100%; border: 0; background: transparent; }
.window.dragged iframe { pointer-events: none; }
.window p { margin: 0 0 8px; }
.window p:empty { display: none; }
.window .note { color: var(--quiet); font-size: 12px; }
.window .choice { display: flex; align-items: center; gap: 8px; min-height: 32px; margin-bottom: 4px; }
.window .devices { list-style: none; margin: 0; padding: 0; }
.window .devices li { display: grid; grid-template-columns: 1fr auto; gap: 2px 12px; align-items: center; padding: 8px 0;
  border-top: 1px solid var(--line); }
.window .devices li b { font-weight: 600; overflow-wrap: anywhere; white-space: normal; }
.window .devices li span { margin: 0; color: var(--quiet); font-size: 12px; display: inline; overflow: visible; }
.window .devices li output { grid-column: 1 / -1; font-variant-numeric: tabular-nums; white-space: pre-wrap; }
.window .devices li.off output { color: var(--quiet); }
.window .devices meter, .window .sparkline, .window .sight, .window .slider { grid-column: 1 / -1; width: 100%; }
.window .sparkline { height: 28px; color: var(--accent); }
.window .sight { height: auto; image-rendering: pixelated; color: var(--accent); background: var(--sunken); border-radius: 4px; }
.window .slider { display: grid; grid-template-columns: 64px 1fr; align-items: center; min-height: 32px; }
.window .slider input { width: 100%; margin: 0; accent-color: var(--accent); }
.window .lamp { width: 16px; height: 16px; border: 2px solid var(--quiet); border-radius: 50%; display: inline-block; }
.window .lamp.lit { background: #f5b800; border-color: #9a6700; box-shadow: 0 0 8px #f5b800; }
`
