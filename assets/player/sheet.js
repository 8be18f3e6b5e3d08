// What the flat panes have in common: a head in words, a place, and a sheet for what changes seldom.

import { make, write } from "./transport.js";

export function put(ctx, theme, text, x, y, { align = "left", base = "alphabetic", size = 12, colour, bold } = {}) {
  ctx.font = `${bold ? "600 " : ""}${size}px ${theme.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = base;
  ctx.fillStyle = colour || theme.muted;
  ctx.fillText(text, x, y);
}

// Round numbers from low to high, about so many, and the digits they need.
export function niceTicks(low, high, most) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return { at: [], digits: 0 };
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * (1 - 1e-9));
  const digits = Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const at = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * span; i++) at.push(i * step);
  return { at, digits };
}

export function label(value, digits) {
  const size = Math.abs(value);
  const text = size >= 1e5 ? value.toExponential(0) : value.toFixed(digits);
  return (Number(text) === 0 ? (0).toFixed(digits) : text).replace("-", "\u2212");
}

export class FlatPane {
  constructor(player) {
    this.player = player;
    this.head = make("div", "head");
    this.title = make("span", "title");
    this.note = make("span", "note");
    this.head.append(this.title, this.note);
  }

  receive(spec) {
    this.spec = spec;
    write(this.title, spec.title || "");
    this.setNote(spec.note || "");
  }

  setNote(text) {
    write(this.note, text);
  }

  place({ x, y, w, h }) {
    Object.assign(this.head.style, { left: `${x}px`, top: `${y}px`, width: `${w}px` });
    const tall = this.head.offsetHeight;
    this.area = { x, y: y + tall, w, h: Math.max(1, h - tall) };
  }

  // Puts the sheet on the canvas; paints it anew when what it shows has changed.
  sheet(...more) {
    const { player, area } = this;
    const key = [this.spec, player.theme, player.colour, area.w, area.h, player.size[2], ...more];
    if (!this.painted || key.some((part, i) => part !== this.painted[i])) {
      this.painted = key;
      this.repaint();
    }
    player.top.drawImage(this.canvas, area.x, area.y, area.w, area.h);
  }

  repaint() {
    const { area, player: { size: [, , ratio] } } = this;
    this.canvas ||= document.createElement("canvas");
    this.canvas.width = Math.max(1, Math.round(area.w * ratio));
    this.canvas.height = Math.max(1, Math.round(area.h * ratio));
    const ctx = this.canvas.getContext("2d");
    ctx.scale(this.canvas.width / area.w, this.canvas.height / area.h);
    this.paint(ctx);
  }

  pointer() {
    return false;
  }
}
