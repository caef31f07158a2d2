/** A quiet drawing for a project without a picture: a robot on a floor, in a colour of its own. */
export function drawnPicture(id: string): Element {
  let hue = 0
  for (const letter of id) hue = (hue * 31 + letter.charCodeAt(0)) % 360
  const holder = document.createElement('div')
  holder.innerHTML = `<svg viewBox="0 0 320 200" preserveAspectRatio="xMidYMid slice" xmlns="http://www.w3.org/2000/svg" aria-hidden="true">
<defs><linearGradient id="sky-${hue}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="hsl(${hue} 45% 72%)"/><stop offset="1" stop-color="hsl(${hue} 40% 88%)"/></linearGradient></defs>
<rect width="320" height="200" fill="url(#sky-${hue})"/><path d="M0 128h320v72H0z" fill="hsl(${hue} 18% 62%)"/>
<g stroke="hsl(${hue} 20% 70%)" stroke-width="1.5"><path d="M160 128 20 200M160 128 110 200M160 128l50 72M160 128l140 72M0 146h320M0 170h320"/></g>
<path d="M52 128l26-10 26 10v26l-26 10-26-10z" fill="hsl(${(hue + 150) % 360} 45% 52%)"/><path d="M52 128l26 10 26-10-26-10z" fill="hsl(${(hue + 150) % 360} 50% 66%)"/>
<ellipse cx="186" cy="166" rx="46" ry="9" fill="rgb(0 0 0 / 22%)"/>
<rect x="146" y="100" width="80" height="58" rx="22" fill="#f6f8fa"/><rect x="158" y="112" width="56" height="26" rx="13" fill="#1c2128"/>
<circle cx="174" cy="125" r="5" fill="hsl(${hue} 90% 70%)"/><circle cx="198" cy="125" r="5" fill="hsl(${hue} 90% 70%)"/>
<rect x="138" y="134" width="14" height="32" rx="7" fill="#30363d"/><rect x="220" y="134" width="14" height="32" rx="7" fill="#30363d"/>
<path d="M186 100V86" stroke="#30363d" stroke-width="3"/><circle cx="186" cy="83" r="5" fill="hsl(${hue} 70% 50%)"/></svg>`
  return holder.firstElementChild!
}
