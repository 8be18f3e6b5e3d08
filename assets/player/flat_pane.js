// What the flat panes have in common: a head in words, a place, and a sheet for what changes seldom.

import { make, write } from "./dom.js";

export function put(ctx, theme, text, x, y, { align = "left", base = "alphabetic", size = 12, colour, bold } = {}) {
  ctx.font = `${bold ? "600 " : ""}${size}px ${theme.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = base;
  ctx.fillStyle = colour || theme.muted;
  ctx.fillText(text, x, y);
}

export function line(ctx, points, colour, width = 1, dash = []) {
  Object.assign(ctx, { strokeStyle: colour, lineWidth: width, lineJoin: "round" });
  ctx.setLineDash(dash);
  ctx.beginPath();
  for (const [x, y] of points) ctx.lineTo(x, y);
  ctx.stroke();
  ctx.setLineDash([]);
}

export class FlatPane {
  constructor(player) {
    this.player = player;
    this.head = make("div", "head");
    this.title = make("span", "title");
    this.note = make("span", "note");
    this.head.append(this.title, this.note);
    this.size = "";
  }

  receive(spec) {
    this.spec = spec;
    write(this.title, spec.title || "");
    this.setNote(spec.note || "");
    this.mark();
  }

  setNote(text) {
    write(this.note, text);
  }

  // "small" with nothing but its title, which enlarges it; "large"; "" where that is not possible.
  show(size) {
    if (size === this.size) return;
    this.size = size;
    if (!this.opener) this.addOpener();
    this.head.classList.toggle("small", size === "small");
    this.note.hidden = size === "small";
    this.closer.hidden = size !== "large";
    this.opener.setAttribute("aria-expanded", String(size === "large"));
    this.mark();
  }

  addOpener() {
    const { player } = this;
    const act = () => player.enlarge(this.size === "large" ? null : this);
    this.opener = make("button", "opener", { type: "button", onclick: act });
    this.closer = make("button", "closer", {
      type: "button", text: "all", title: "Show all again (Escape)", onclick: () => player.enlarge(),
    });
    this.opener.append(this.title);
    this.head.prepend(this.opener, this.closer);
  }

  mark() {
    if (this.opener) this.opener.title = [this.spec.title, this.spec.note].filter(Boolean).join(" · ");
  }

  // Nowhere while another one has all the room.
  place(area) {
    this.head.hidden = !area;
    if (!area) {
      this.area = null;
      return;
    }
    const { x, y, w, h } = area;
    const { scale } = this.player;
    const [left, top, width] = [x, y, w].map((v) => `${v * scale}px`);
    Object.assign(this.head.style, { left, top, width });
    const tall = this.head.offsetHeight / scale;
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
