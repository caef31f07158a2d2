/** Light text on a dark glass in both themes: it lies over pictures of any colour. */
export const controlStyle = `
.controls { position: absolute; inset: 0; pointer-events: none; color: #f6f8fa; container-type: inline-size; }
.controls[hidden] { display: none; }
.bars { position: absolute; inset: auto 0 0; padding: 32px 8px calc(8px + env(safe-area-inset-bottom));
  background: linear-gradient(transparent, rgb(0 0 0 / 62%)); transition: opacity .25s; }
.controls[data-asleep] .bars { opacity: 0; }
.controls[data-asleep]:focus-within .bars { opacity: 1; }
.toolbar, .playback { display: flex; align-items: center; gap: 4px; }
.toolbar > *, .playback > *, .panel, .notice { pointer-events: auto; }
.toolbar > .grow { flex: 1; pointer-events: none; }
.controls .tool, ::slotted([slot="tools"]) { display: inline-flex; align-items: center; justify-content: center; gap: 8px; width: auto;
  min-width: 44px; min-height: 44px; height: 44px; margin: 0; padding: 0 10px; border: 0; border-radius: 8px; cursor: pointer;
  background: rgb(20 24 30 / 55%); color: inherit; font: 500 14px system-ui, sans-serif; white-space: nowrap; flex: none; }
.controls .tool[hidden] { display: none; }
.controls .tool:hover:not(:disabled) { background: rgb(20 24 30 / 88%); }
.controls .tool:disabled { opacity: .5; cursor: default; }
.controls button:focus-visible, .controls input:focus-visible, .controls select:focus-visible, .controls textarea:focus-visible,
.controls .lines:focus-visible { outline: 2px solid #fff; outline-offset: 1px; box-shadow: 0 0 0 4px #1f6feb; }
.controls .tool[aria-pressed="true"], .controls .tool[aria-expanded="true"], .controls .tool[aria-expanded="true"]:hover:not(:disabled) { background: #1f6feb; color: #fff; }
.controls .tool .label { display: none; }
.controls .tool[data-tool="run"] { min-width: 64px; background: #1a7f37; color: #fff; padding: 0 14px; }
.controls .tool[data-tool="run"]:hover:not(:disabled) { background: #116329; }
.controls .tool[data-tool="run"][data-running="true"] { background: #f6f8fa; color: #1c2128; }
.controls .tool[data-recording="true"] { background: #a40e26; color: #fff; }
.controls .to-live { background: #1f6feb; color: #fff; }
.controls .to-live .label { display: inline; }
.clock { padding: 0 6px; font: 13px ui-monospace, monospace; font-variant-numeric: tabular-nums; text-shadow: 0 1px 2px #000; }
.speed { display: inline-flex; align-items: center; gap: 6px; height: 26px; padding: 0 10px; border-radius: 99px;
  background: rgb(20 24 30 / 62%); font-size: 12px; white-space: nowrap; }
.speed[hidden] { display: none; }
.speed::before { content: ''; width: 8px; height: 8px; border-radius: 50%; background: #3fb950; }
.speed[data-level="slow"]::before { background: #e3b341; border-radius: 0; transform: rotate(45deg); }
.speed[data-level="bad"]::before { background: #ff7b72; border-radius: 0; }
.controls .more { display: none; }
.playback { margin-bottom: 6px; padding: 2px 6px; border-radius: 8px; background: rgb(20 24 30 / 62%); }
.playback[hidden] { display: none; }
.playback .tool { background: none; padding: 0; }
.scrubber { position: relative; flex: 1; min-width: 60px; display: flex; }
.scrubber input { appearance: none; width: 100%; height: 44px; margin: 0; background: none; cursor: pointer; border-radius: 6px; }
.scrubber input::-webkit-slider-runnable-track { height: 6px; border-radius: 3px;
  background: linear-gradient(90deg, #58a6ff var(--part, 0%), rgb(255 255 255 / 40%) var(--part, 0%)); }
.scrubber input::-moz-range-track { height: 6px; border-radius: 3px; background: rgb(255 255 255 / 40%); }
.scrubber input::-moz-range-progress { height: 6px; border-radius: 3px; background: #58a6ff; }
.scrubber input::-webkit-slider-thumb { appearance: none; width: 18px; height: 18px; margin-top: -6px; border-radius: 50%; background: #fff;
  box-shadow: 0 1px 4px rgb(0 0 0 / 60%); }
.scrubber input::-moz-range-thumb { width: 18px; height: 18px; border: 0; border-radius: 50%; background: #fff; }
.scrubber output { position: absolute; bottom: 42px; translate: -50%; padding: 2px 8px; border-radius: 6px; background: #14181e;
  font: 12px ui-monospace, monospace; pointer-events: none; white-space: nowrap; }
.times { font: 12px ui-monospace, monospace; font-variant-numeric: tabular-nums; white-space: nowrap; padding: 0 4px; }
.controls select { height: 36px; border: 1px solid rgb(255 255 255 / 30%); border-radius: 6px; background: #22272e; color: #f6f8fa;
  font: 13px system-ui, sans-serif; }
.panel { position: absolute; right: 8px; bottom: calc(64px + env(safe-area-inset-bottom)); width: min(340px, calc(100% - 16px)); box-sizing: border-box;
  max-height: min(560px, calc(100% - 80px)); display: flex; flex-direction: column; border-radius: 10px;
  background: rgb(20 24 30 / 94%); box-shadow: 0 8px 32px rgb(0 0 0 / 45%); }
.controls[data-playback="true"] .panel { bottom: calc(118px + env(safe-area-inset-bottom)); max-height: min(560px, calc(100% - 134px)); }
.panel.wide { width: min(640px, calc(100% - 16px)); }
.panel[hidden] { display: none; }
.panel header { display: flex; align-items: center; padding: 4px 4px 4px 16px; border-bottom: 1px solid rgb(255 255 255 / 16%); }
.panel h2 { flex: 1; margin: 0; font-size: 15px; }
.panel h3 { margin: 14px 0 4px; font-size: 12px; font-weight: 600; color: #b6bec8; }
.panel .content { overflow: auto; padding: 8px 16px 16px; }
.panel p { margin: 4px 0; overflow-wrap: anywhere; }
.panel ul { margin: 4px 0; padding-left: 18px; display: block; list-style: disc; }
.panel li { display: list-item; padding: 2px 0; }
.panel dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; margin: 4px 0; }
.panel dt { color: #b6bec8; }
.panel dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.controls .text { display: block; width: 100%; min-height: 40px; margin: 4px 0; padding: 8px 12px; border: 0; border-radius: 8px; cursor: pointer;
  background: rgb(255 255 255 / 12%); color: inherit; font: 500 14px system-ui, sans-serif; text-align: left; }
.controls .text small { display: block; color: #c4ccd6; font-weight: 400; font-size: 12px; }
.panel .content > select { width: 100%; }
.controls .text:hover:not(:disabled) { background: rgb(255 255 255 / 20%); }
.controls .text:disabled { opacity: .5; cursor: default; }
.controls .text[aria-current="true"] { background: #1f6feb; }
.field { display: flex; align-items: center; justify-content: space-between; gap: 12px; min-height: 40px; cursor: pointer; }
.field small { display: block; color: #b6bec8; font-size: 12px; }
.field input[type="checkbox"] { width: 20px; height: 20px; accent-color: #58a6ff; flex: none; }
.field input[type="range"] { width: 140px; accent-color: #58a6ff; }
.link textarea { width: 100%; box-sizing: border-box; resize: none; padding: 8px; border: 1px solid rgb(255 255 255 / 30%); border-radius: 6px;
  background: #0d1117; color: #f6f8fa; font: 12px ui-monospace, monospace; }
.lines { height: 240px; overflow: auto; margin: 0 0 4px; padding: 6px; border-radius: 6px; background: #0d1117;
  font: 12px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.lines b { margin-right: 8px; color: #79c0ff; font-weight: 600; }
.lines .stderr { color: #ffa198; }
.lines .none { color: #b6bec8; }
.notice { position: absolute; top: 12px; left: 50%; translate: -50%; display: flex; align-items: center; gap: 12px; max-width: calc(100% - 24px);
  box-sizing: border-box; padding: 8px 8px 8px 16px; border-radius: 10px; background: rgb(20 24 30 / 92%); box-shadow: 0 4px 16px rgb(0 0 0 / 40%);
  color: #f6f8fa; z-index: 1; }
.notice[hidden] { display: none; }
.notice span { padding: 6px 8px 6px 0; }
.notice .text { display: inline-block; width: auto; min-height: 36px; margin: 0; padding: 4px 14px; border: 0; border-radius: 8px; background: #1f6feb;
  color: #fff; font: 600 14px system-ui, sans-serif; cursor: pointer; white-space: nowrap; }
.announcement { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@container (min-width: 1200px) {
  .controls .tool[data-tool="run"] .label, .controls .tool[data-tool="reset"] .label, .controls .tool[data-tool="step"] .label,
  .controls .tool[data-tool="fast"] .label, .controls .tool[data-tool="camera"] .label, .controls .tool[data-tool="record"] .label { display: inline; }
}
@container (max-width: 820px) {
  .speed { display: none; }
}
@container (max-width: 710px) {
  .controls .optional { display: none; }
  .controls .more { display: inline-flex; }
  .toolbar[data-more="open"] { flex-wrap: wrap; row-gap: 6px; }
  .toolbar[data-more="open"] .optional:not([hidden]) { display: inline-flex; order: 1; }
  .toolbar[data-more="open"] .optional .label { display: inline; font-size: 12px; }
}
@container (max-width: 480px) {
  .playback { flex-wrap: wrap; }
  .playback .scrubber { order: -1; flex-basis: 100%; }
  .times { flex: 1; text-align: right; }
  .speed { display: none; }
}
@media (prefers-reduced-motion: reduce) { .bars { transition: none; } }
@media (prefers-contrast: more) { .controls .tool, .panel, .notice, .playback { background: #000; outline: 1px solid #fff; } }
`
