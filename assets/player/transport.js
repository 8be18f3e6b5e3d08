// Play, step, loop, speed, and the scrubber with the staircase of driven components along it.

import { SPEEDS } from "./clock.js";
import { make, write } from "./dom.js";
import { line, put } from "./flat_pane.js";
import { dashes, role } from "./theme.js";

const EDGE = 10; // css px between the strip's ends and 0 and T, so that the knob is never cut
const NAMES = 16; // height of the words above the stairs
const STAIRS = 30;
const RAIL = 5;
const LABELS = 19;
const FEW_PIXELS = 10; // between two ticks
const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M6 4.5h4.2v15H6zm7.8 0H18v15h-4.2z",
  back: "M6 5h2.4v14H6zm12 0v14L9.2 12z",
  forward: "M15.6 5H18v14h-2.4zM6 5l8.8 7L6 19z",
  turn: "M6 7h10V4l5 4-5 4V9H6zm12 8H8v-3l-5 4 5 4v-3h10z",
  mark: "M12 2.5l9.5 9.5-9.5 9.5-9.5-9.5z",
  loop: "M7 7h10v3l4-4-4-4v3H5v6h2zm10 10H7v-3l-4 4 4 4v-3h12v-6h-2z",
};

function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  for (const side of ["width", "height"]) picture.setAttribute(side, 22);
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  picture.append(path);
  return picture;
}

function button(name, words, act) {
  const node = make("button", `tool ${name}`, { type: "button", title: words, "aria-label": words, onclick: act });
  node.append(icon(name));
  return node;
}

export class Transport {
  constructor(player) {
    this.player = player;
    this.box = make("div", "transport");
    this.toggle = button("play", "Play (Space)", () => player.toggle());
    const back = button("back", "One frame back (left arrow)", () => player.step(-1));
    const forward = button("forward", "One frame on (right arrow)", () => player.step(1));
    this.turn = button("turn", "Play the other way", () =>
      player.clock.set({ backwards: !player.clock.backwards }));
    this.loop = button("loop", "Repeat", () => player.clock.set({ loop: !player.clock.loop }));
    this.speed = make("select", "speed", { "aria-label": "Speed", title: "Speed" });
    for (const speed of SPEEDS) this.speed.append(make("option", "", { value: speed, text: `${speed}×` }));
    this.speed.onchange = () => player.clock.set({ speed: Number(this.speed.value) });
    this.mark = button("mark", "Rest at the latent moment, t = T/2", () =>
      player.clock.set({ rests: !player.clock.rests }));
    this.sentence = make("p", "sentence", { hidden: true });
    this.strip = make("div", "strip", { tabIndex: 0, role: "slider", "aria-label": "Time" });
    this.canvas = make("canvas", "", { "aria-hidden": "true" });
    this.knob = make("div", "knob");
    this.strip.append(this.canvas, this.knob);
    this.caption = make("div", "caption");
    const tools = make("div", "tools");
    tools.append(back, this.toggle, forward);
    const settings = make("div", "settings");
    settings.append(this.speed, this.mark, this.turn, this.loop);
    this.box.append(tools, this.strip, settings, this.caption);
    this.listen();
  }

  listen() {
    const { strip, player } = this;
    strip.onpointerdown = (event) => {
      if (event.button) return;
      this.held = true;
      strip.setPointerCapture(event.pointerId);
      this.seek(event);
    };
    strip.onpointermove = (event) => this.held && this.seek(event);
    strip.onpointerup = strip.onpointercancel = () => {
      if (this.held) player.settled();
      this.held = false;
    };
    strip.onkeydown = (event) => {
      const far = Math.max(1, Math.round(this.time.frames / 10));
      const steps = { ArrowUp: 1, ArrowDown: -1, PageUp: far, PageDown: -far };
      if (!(event.key in steps)) return;
      event.preventDefault();
      event.stopPropagation();
      player.step(steps[event.key]);
    };
  }

  seek(event) {
    const { left, width } = this.strip.getBoundingClientRect();
    const edge = EDGE * this.player.scale;
    const share = Math.min(1, Math.max(0, (event.clientX - left - edge) / Math.max(1, width - 2 * edge)));
    this.player.seek(this.time.under(share), !this.held);
  }

  get focused() {
    return this.strip.getRootNode().activeElement === this.strip;
  }

  // ---- what moves

  show() {
    const { clock } = this.player;
    const { words } = this.player.moment;
    const at = Math.min(clock.at, this.time.end);
    const x = EDGE + this.time.along(at) * Math.max(0, (this.width || 0) - 2 * EDGE);
    this.knob.style.transform = `translateX(${(x * this.player.scale).toFixed(2)}px)`;
    write(this.caption, words);
    write(this.sentence, clock.rests ? this.time.sentence(at) : "");
    // While it plays only the knob and the words move: a screen reader would read sixty of them a second.
    const { playing, loop, speed, backwards, rests } = clock;
    const state = JSON.stringify([playing, loop, speed, backwards, rests, this.time.end, playing || words]);
    if (state === this.state) return;
    this.state = state;
    this.settings(clock);
    this.caption.title = clock.playing ? "" : words;
    this.strip.setAttribute("aria-valuemin", 0);
    this.strip.setAttribute("aria-valuemax", this.time.end);
    this.strip.setAttribute("aria-valuenow", Number(at.toFixed(4)));
    this.strip.setAttribute("aria-valuetext", words.replaceAll(" · ", ", "));
  }

  settings({ playing, loop, speed, backwards, rests }) {
    const words = playing ? "Pause (Space)" : backwards ? "Play backwards (Space)" : "Play (Space)";
    this.turn.hidden = !this.player.scene.reverse;
    this.turn.title = backwards ? "Play forwards" : "Play backwards";
    this.turn.setAttribute("aria-label", this.turn.title);
    this.turn.setAttribute("aria-pressed", backwards);
    this.toggle.classList.toggle("backwards", backwards);
    if (this.toggle.title !== words) {
      this.toggle.title = words;
      this.toggle.setAttribute("aria-label", words);
      this.toggle.replaceChildren(icon(playing ? "pause" : "play"));
    }
    this.loop.setAttribute("aria-pressed", loop);
    this.mark.hidden = this.time.kind !== "flow";
    this.mark.setAttribute("aria-pressed", rests);
    const { whole, scene } = this.player;
    this.sentence.hidden = this.mark.hidden || !rests || !(whole || (scene.controls && scene.panes.length));
    if (this.speed.value !== String(speed)) this.speed.value = String(speed);
  }

  // ---- what stands still: the strip

  draw() {
    const { time, player } = this;
    if (!time) return;
    this.box.style.setProperty("--knob", role(player.theme, "now").colour);
    const { scale } = player;
    const width = this.strip.clientWidth / scale;
    const stairs = time.kind === "flow" ? NAMES + STAIRS : 8;
    const height = stairs + RAIL + LABELS;
    this.strip.style.height = `${height * scale}px`;
    this.knob.style.height = `${(stairs + RAIL) * scale}px`;
    if (!width) return;
    const ratio = (window.devicePixelRatio || 1) * scale;
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const ctx = this.canvas.getContext("2d");
    if (!ctx) return;
    ctx.scale(ratio, ratio);
    this.width = width;
    const x = (share) => EDGE + share * (width - 2 * EDGE);
    this.pen = { ctx, x, width, theme: player.theme, top: NAMES, base: stairs, rail: stairs + RAIL / 2 };
    if (time.kind === "flow") this.drawFlow();
    else this.drawSequence();
  }

  drawFlow() {
    const { time, pen } = this;
    const ends = [0, time.along(1), time.along(2), 1];
    this.drawPart("encoder", ends[0], ends[1]);
    if (time.decoder) this.drawPart("decoder", ends[2], ends[3]);
    this.drawStairs();
    this.drawMiddle(ends[1], time.drops ? ends[2] : ends[1]);
    const number = (t) => String(Number(t.toFixed(time.digits)));
    const labels = [[0, "t = 0"], [(ends[1] + ends[2]) / 2, number(time.horizon / 2)]];
    if (time.decoder) labels.push([1, number(time.horizon)]);
    for (const [share, text] of labels) this.label(text, pen.x(share), pen.base + RAIL + 15, pen.theme.muted);
  }

  // A phase: its shade, its rail in the phase's dash, its name.
  drawPart(name, from, to) {
    const { ctx, x, theme, top, base, rail } = this.pen;
    const { colour, dash } = role(theme, name);
    const [left, right] = [x(from), x(to)];
    ctx.globalAlpha = name === "encoder" ? 0.06 : 0.12;
    ctx.fillStyle = colour;
    ctx.fillRect(left, top, right - left, base - top);
    ctx.globalAlpha = 1;
    this.line([[left, rail], [right, rail]], colour, 3, dashes(dash));
    this.label(name, (left + right) / 2, top - 4, colour, 12);
  }

  // The number of driven components over time; under the decoder's steps hatched.
  drawStairs() {
    const { time, pen } = this;
    const { ctx, x, theme, top, base } = pen;
    const { encoder, decoder, widths, width } = time;
    const tall = (n) => base - (base - top - 3) * (n / Math.max(1, width));
    const steps = (from, to) => widths.slice(from, to).flatMap((n, i) =>
      [from + i, from + i + 1].map((knot) => [x(time.along(time.at(knot + (from ? 1 : 0)))), tall(n)]));
    for (const [from, to] of [[0, encoder], [encoder, encoder + decoder]]) {
      const points = steps(from, to);
      if (!points.length) continue;
      const corners = [[points[0][0], base], ...points, [points[points.length - 1][0], base]];
      this.fill(corners, theme.ink, from > 0);
      this.line(points, theme.ink, 1.6);
    }
    if (!decoder) return;
    const kept = tall(widths[encoder]);
    this.line([[x(time.along(1)), tall(widths[encoder - 1])], [x(time.along(1)), kept], [x(time.along(2)), kept]],
      theme.ink, 1.6);
    ctx.globalAlpha = 1;
  }

  fill(corners, colour, hatched) {
    const { ctx, top, base } = this.pen;
    ctx.save();
    ctx.beginPath();
    for (const [px, py] of corners) ctx.lineTo(px, py);
    ctx.closePath();
    ctx.fillStyle = colour;
    ctx.globalAlpha = 0.1;
    ctx.fill();
    if (hatched) {
      ctx.clip();
      ctx.globalAlpha = 0.3;
      const right = corners[corners.length - 1][0];
      for (let px = corners[0][0] - (base - top); px < right; px += 6) {
        this.line([[px, base], [px + base - top, top]], colour, 1);
      }
    }
    ctx.restore();
  }

  drawMiddle(from, to) {
    const { ctx, x, theme, top, base, rail } = this.pen;
    const { colour, dash } = role(theme, "bottleneck");
    const [left, right] = [x(from), x(to)];
    ctx.globalAlpha = 0.22;
    ctx.fillStyle = colour;
    ctx.fillRect(left, top, right - left, base - top);
    ctx.globalAlpha = 1;
    for (const px of left === right ? [left] : [left, right]) {
      this.line([[px, top], [px, base]], colour, 1.6, dashes(dash));
    }
    if (right > left) this.line([[left, rail], [right, rail]], colour, 3, dashes("dot"));
    this.label("bottleneck", (left + right) / 2, top - 4, colour, 12);
  }

  drawSequence() {
    const { time, pen } = this;
    const { x, theme, base, rail } = pen;
    this.line([[x(0), rail], [x(1), rail]], theme.muted, 3);
    const gap = (x(1) - x(0)) / Math.max(1, time.end);
    const every = Math.ceil(FEW_PIXELS / Math.max(gap, 0.01));
    let free = -Infinity;
    const last = time.value(time.frames - 1);
    const room = this.measure(last) + 12;
    for (let i = 0; i < time.frames; i++) {
      const px = x(time.along(i));
      const end = i === time.frames - 1;
      if (i % every === 0 || end) this.line([[px, rail - 6], [px, rail]], theme.muted, 1.2);
      const text = time.value(i);
      const wide = this.measure(text);
      if (end || (px - wide / 2 > free && px + wide / 2 < x(1) - room)) {
        this.label(text, px, base + RAIL + 15, theme.muted);
        free = px + wide / 2 + 12;
      }
    }
  }

  measure(text, size = 11) {
    const { ctx, theme } = this.pen;
    ctx.font = `${size}px ${theme.font}`;
    return ctx.measureText(text).width;
  }

  // Text centred on x, as far as it stays on the strip.
  label(text, x, y, colour, size = 11) {
    const { ctx, theme, width } = this.pen;
    const half = this.measure(text, size) / 2;
    put(ctx, theme, text, Math.min(Math.max(x, half + 1), width - half - 1), y, { align: "center", size, colour });
  }

  line(...how) {
    line(this.pen.ctx, ...how);
  }
}
