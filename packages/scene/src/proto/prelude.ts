/**
 * What a PROTO template finds in its world besides the language: a generator with a fixed seed, no clock, and the
 * helper modules of Webots as far as PROTOs use them. Runs inside the isolated interpreter.
 */
export const PRELUDE = `
globalThis.__text = []; globalThis.__messages = [];
(() => {
  let state = 1;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const seed = (value) => { state = value | 0; };
  Math.random = random;
  globalThis.Date = class { getTime() { return 0; } static now() { return 0; } };
  const say = (severity) => (text) => { __messages.push({ severity, text: String(text) }); };
  globalThis.console = { log: say('info'), info: say('info'), warn: say('warning'), error: say('error') };
  const real = (a = 1, b) => (b === undefined ? random() * a : a + random() * (b - a));
  const pair = (f) => (a, b) => ({ x: f(a.x, b.x), y: f(a.y, b.y) });
  const triple = (f) => (a, b) => ({ x: f(a.x, b.x), y: f(a.y, b.y), z: f(a.z, b.z) });
  const dot3 = (a, b) => a.x * b.x + a.y * b.y + a.z * b.z;
  const scaled3 = (a, s) => ({ x: a.x * s, y: a.y * s, z: a.z * s });
  const turn = (p, angle) => ({
    x: p.x * Math.cos(angle) - p.y * Math.sin(angle), y: p.x * Math.sin(angle) + p.y * Math.cos(angle) });
  const vector2 = {
    equal: (a, b) => a.x === b.x && a.y === b.y,
    add: pair((a, b) => a + b), minus: pair((a, b) => a - b), multiply: pair((a, b) => a * b),
    norm: (a) => Math.hypot(a.x, a.y), distance: (a, b) => Math.hypot(a.x - b.x, a.y - b.y),
    dot: (a, b) => a.x * b.x + a.y * b.y, cross: (a, b) => a.x * b.y - a.y * b.x,
    normalize: (a) => { const n = Math.hypot(a.x, a.y); return { x: a.x / n, y: a.y / n }; },
    angle: (a, b) => Math.atan2(a.y - b.y, a.x - b.x), rotate: turn,
  };
  const vector3 = {
    equal: (a, b) => a.x === b.x && a.y === b.y && a.z === b.z,
    add: triple((a, b) => a + b), minus: triple((a, b) => a - b), multiply: triple((a, b) => a * b),
    norm: (a) => Math.hypot(a.x, a.y, a.z), distance: (a, b) => Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z),
    dot: dot3, scale: scaled3, normalize: (a) => scaled3(a, 1 / Math.sqrt(dot3(a, a))),
    cross: (a, b) => ({ x: a.y * b.z - a.z * b.y, y: a.z * b.x - a.x * b.z, z: a.x * b.y - a.y * b.x }),
  };
  const modules = {
    wbutility: { error: say('error'), warning: say('warning'), info: say('info') },
    wbrandom: { seed, real, integer: (a, b) => Math.floor(b === undefined ? random() * a + 1 : a + random() * (b - a + 1)) },
    wbgeometry: { PI: Math.PI, rotate2D: turn },
    wbvector2: vector2,
    wbvector3: vector3,
  };
  globalThis.__modules = new Proxy({}, { get: (_, name) => new Proxy(modules[name] ?? {}, { get(module, key) {
    if (typeof key === 'symbol' || key in module) return module[key];
    throw new Error(String(name) + '.' + key + ' is not available to templates here');
  } }) });
})();
`
