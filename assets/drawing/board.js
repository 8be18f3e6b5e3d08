// The board: axes with numbers, the points by mark and colour, and the ring of the brush.

import { trace } from "../player/marks.js";
import { label } from "../player/numbers.js";

const ROOM = { left: 34, right: 12, top: 12, bottom: 38 }; // css px around the board, for the words
const MOST = 560; // css px of its side
const TICKS = [-2, -1, 0, 1, 2]; // shares of half the extent
const MARK = 3.2; // css px, radius
const MANY = 1500; // points from which marks are smaller

export class Board {
  constructor(canvas, extent) {
    Object.assign(this, { canvas, extent, ctx: canvas.getContext("2d") });
  }

  // Takes as much room as there is.
  fit(room) {
    const side = Math.max(120, Math.min(MOST, room - ROOM.left - ROOM.right));
    const [width, height] = [side + ROOM.left + ROOM.right, side + ROOM.top + ROOM.bottom];
    const ratio = window.devicePixelRatio || 1;
    this.side = side;
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.size = [width, height];
  }

  toX(x) {
    return ROOM.left + ((x + this.extent) / (2 * this.extent)) * this.side;
  }

  toY(y) {
    return ROOM.top + ((this.extent - y) / (2 * this.extent)) * this.side;
  }

  // Where an event happened, in the coordinates of the points.
  place({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const unit = (2 * this.extent) / this.side;
    return [
      (clientX - box.left - ROOM.left) * unit - this.extent,
      this.extent - (clientY - box.top - ROOM.top) * unit,
    ];
  }

  // points: [x, y, class]; ring: {at, radius, tool} or nothing.
  draw(points, ring, theme) {
    const { ctx } = this;
    ctx.clearRect(0, 0, ...this.size);
    this.axes(theme);
    ctx.save();
    ctx.beginPath();
    ctx.rect(ROOM.left, ROOM.top, this.side, this.side);
    ctx.clip();
    const size = points.length > MANY ? 0.75 * MARK : MARK;
    theme.classes.forEach(([colour, shape], kind) => {
      ctx.fillStyle = colour;
      for (const [x, y, own] of points) {
        if (own !== kind) continue;
        trace(ctx, shape, this.toX(x), this.toY(y), size);
        ctx.fill();
      }
    });
    if (ring) this.ring(ring, theme);
    ctx.restore();
  }

  axes(theme) {
    const { ctx, side, extent } = this;
    const [right, bottom] = [ROOM.left + side, ROOM.top + side];
    ctx.lineWidth = 1;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.muted;
    for (const tick of TICKS) {
      const value = (tick * extent) / 2;
      const [x, y] = [this.toX(value), this.toY(value)];
      ctx.strokeStyle = tick ? theme.grid : theme.muted;
      this.line(x, ROOM.top, x, bottom);
      this.line(ROOM.left, y, right, y);
      ctx.textAlign = "center";
      ctx.textBaseline = "top";
      ctx.fillText(label(value, 0), x, bottom + 5);
      ctx.textAlign = "right";
      ctx.textBaseline = "middle";
      ctx.fillText(label(value, 0), ROOM.left - 6, y);
    }
    ctx.fillStyle = theme.ink;
    ctx.font = `13px ${theme.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "bottom";
    ctx.fillText("x", ROOM.left + side / 2 + side / 8, bottom + 36);
    ctx.textBaseline = "middle";
    ctx.fillText("y", 9, ROOM.top + side / 2 - side / 8);
  }

  line(...[x0, y0, x1, y1]) {
    const { ctx } = this;
    ctx.beginPath();
    ctx.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
    ctx.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
    ctx.stroke();
  }

  ring({ at, radius, erases, cross }, theme) {
    const { ctx } = this;
    const [x, y] = [this.toX(at[0]), this.toY(at[1])];
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 1.25;
    ctx.setLineDash(erases ? [4, 3] : []);
    ctx.beginPath();
    ctx.arc(x, y, Math.max(2, (radius / (2 * this.extent)) * this.side), 0, 2 * Math.PI);
    ctx.stroke();
    ctx.setLineDash([]);
    if (!cross) return;
    this.line(x - 5, y, x + 5, y);
    this.line(x, y - 5, x, y + 5);
  }
}
