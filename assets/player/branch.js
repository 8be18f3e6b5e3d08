// A slider over the Tikhonov weight of a branch of runs: the flows morph while the finger moves. What is drawn
// between two trained runs is interpolated; numbers are those of the nearest trained run.

import { line, put } from "./flat_pane.js";
import { make, write } from "./dom.js";
import { recall, remember } from "./link.js";
import { clamp, label, niceTicks, reading } from "./numbers.js";
import { dashes, role } from "./theme.js";

const STEPS = 400; // of the slider
const TALL = 104; // css px of the curves
const EDGE = 8; // half of the slider's thumb, so that the dot stands above it
const NEAR = 1; // runs beside the right one that are right too
const DOT = 5.5;

const percent = (share) => `${label(100 * share, 100 * share < 10 ? 1 : 0)} %`;

export class Branch {
  constructor(player) {
    this.player = player;
    this.box = make("div", "branch");
    this.words = make("span", "words");
    this.input = make("input", "", { type: "range", min: 0, max: STEPS, step: 1, "aria-label": "Tikhonov weight λ" });
    this.input.oninput = () => this.set(Number(this.input.value) / STEPS);
    this.canvas = make("canvas", "curve", { role: "img" });
    const knob = make("label", "tikhonov");
    knob.append(this.words, this.canvas, this.input);
    this.note = make("p", "note", { text: "Drawn between two trained runs, the flow is interpolated; the numbers "
      + "are those of the nearest trained run (the ticks)." });
    this.task = make("p", "task");
    this.button = make("button", "here", { type: "button", text: "It gives up here", onclick: () => this.check() });
    this.answer = make("span", "answer", { role: "status" });
    this.task.append(make("span", "", { text: "Find the λ where the flow gives up: from there on it stands still "
      + "and explains no more than PCA. " }), this.button, this.answer);
    this.box.append(knob, this.note, this.task);
  }

  receive(again) {
    const { scene } = this.player;
    this.spec = scene.tikhonov || null;
    this.box.hidden = !this.spec;
    if (!this.spec) return;
    const { weights, first, limit, pca } = this.spec;
    this.logs = weights.map(Math.log10);
    this.task.hidden = limit === null || !pca;
    this.canvas.setAttribute("aria-label", scene.alt);
    if (!again) {
      this.found = false;
      write(this.answer, "");
      this.share = recall(scene.id, "tikhonov") ?? this.along(this.logs[first]);
    }
    this.set(this.share, false);
  }

  // ---- λ

  along(log) {
    const { logs } = this;
    return (log - logs[0]) / (logs[logs.length - 1] - logs[0]);
  }

  // Between which runs it stands, as a fraction of their number.
  get at() {
    const { logs } = this;
    const log = logs[0] + this.share * (logs[logs.length - 1] - logs[0]);
    const after = clamp(logs.findIndex((one) => one >= log - 1e-12), 1, logs.length - 1);
    return after - 1 + clamp((log - logs[after - 1]) / (logs[after] - logs[after - 1]), 0, 1);
  }

  get nearest() {
    return Math.round(this.at);
  }

  set(share, kept = true) {
    const { player, spec, logs } = this;
    this.share = clamp(share, 0, 1);
    this.input.value = String(Math.round(this.share * STEPS));
    for (const { pane } of player.slots) if (pane.between) pane.between(this.at);
    const { weights, unexplained, square } = spec;
    const i = this.nearest;
    const log = logs[0] + this.share * (logs[logs.length - 1] - logs[0]);
    const words = `λ = ${reading(10 ** log)}`;
    const run = `nearest run: λ = ${reading(weights[i])}, ${percent(unexplained[i])} unexplained, `
      + `‖θ‖² = ${reading(square[i])}`;
    write(this.words, `Tikhonov weight ${words} · ${run}`);
    this.input.setAttribute("aria-valuetext", `${words}, ${percent(unexplained[i])} unexplained`);
    if (kept) remember(player.scene.id, "tikhonov", this.share);
    this.draw();
    player.wake();
  }

  // ---- the task

  check() {
    const { spec: { weights, unexplained, square, pca, limit, cheaper }, nearest: i } = this;
    const here = `At λ = ${reading(weights[i])}`;
    const right = Math.abs(i - limit) <= NEAR;
    if (right) this.found = true;
    const words = right
      ? `Yes. From λ = ${reading(weights[limit])} on ${percent(unexplained[limit])} is left unexplained, by PCA `
        + `${percent(pca)}: the flow stands still.`
        + (cheaper !== null && cheaper < limit ? ` To stand still was cheaper from λ = ${reading(weights[cheaper])} on: `
          + "coming from a lower λ, the flow held on." : "")
      : i < limit
        ? `Not yet. ${here} ${percent(unexplained[i])} is left unexplained, by PCA ${percent(pca)}: `
          + "the flow still moves. Go on to the right."
        : `It gave up before. ${here} ‖θ‖² is ${reading(square[i])}: nothing moves any more. Go back to the left.`;
    write(this.answer, words);
    this.answer.dataset.right = String(right);
    this.draw();
  }

  // ---- curves: what is left unexplained, and ‖θ‖², against λ

  draw() {
    const { canvas, player: { theme } } = this;
    const { scale } = this.player;
    const width = canvas.clientWidth / scale;
    if (!this.spec || !width || !theme) return;
    canvas.style.height = `${TALL * scale}px`;
    const ratio = (window.devicePixelRatio || 1) * scale;
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(TALL * ratio) });
    const ctx = canvas.getContext("2d");
    if (!ctx) return;
    ctx.scale(ratio, ratio);
    this.pen = { ctx, theme, x: (share) => EDGE + share * (width - 2 * EDGE), width };
    this.axis();
    const { unexplained, square, pca } = this.spec;
    const most = Math.max(...unexplained, pca || 0) || 1;
    this.level(pca, most);
    this.curve(square.map((v) => v / (Math.max(...square) || 1)), "‖θ‖²", "penalty");
    this.curve(unexplained.map((v) => v / most), "unexplained", "data term");
    this.marks();
  }

  y(share) {
    return TALL - 22 - share * (TALL - 40);
  }

  axis() {
    const { logs, pen: { ctx, theme, x, width } } = this;
    const [low, high] = [logs[0], logs[logs.length - 1]];
    line(ctx, [[x(0), this.y(0)], [x(1), this.y(0)]], theme.muted);
    for (const log of logs) line(ctx, [[x(this.along(log)), this.y(0)], [x(this.along(log)), this.y(0) + 4]], theme.ink);
    for (const log of niceTicks(low, high, width / 90).at.filter(Number.isInteger)) {
      put(ctx, theme, `10${raised(log)}`, clamp(x(this.along(log)), 14, width - 14), TALL - 3, { align: "center" });
    }
  }

  level(pca, most) {
    if (!pca) return;
    const { ctx, theme, x, width } = this.pen;
    const { colour, dash } = role(theme, "PCA");
    line(ctx, [[x(0), this.y(pca / most)], [x(1), this.y(pca / most)]], colour, 1.5, dashes(dash));
    put(ctx, theme, `PCA: ${percent(pca)} unexplained`, width / 2, this.y(pca / most) - 5, { align: "center", colour });
  }

  curve(shares, name, kind) {
    const { ctx, theme, x } = this.pen;
    const { colour, dash } = role(theme, kind);
    const at = (i) => [x(this.along(this.logs[i])), this.y(shares[i])];
    line(ctx, shares.map((_, i) => at(i)), colour, 2, dashes(dash));
    const i = this.nearest;
    const [px, py] = at(i);
    ctx.beginPath();
    ctx.arc(px, py, DOT, 0, 2 * Math.PI);
    ctx.fillStyle = colour;
    ctx.fill();
    line(ctx, [[px, py]], theme.page);
    const end = shares[0] > 0.5 ? 0 : shares.length - 1;
    const [ex, ey] = at(end);
    put(ctx, theme, name, ex + (end ? -4 : 6), ey + 14, { align: end ? "right" : "left", colour });
  }

  marks() {
    const { ctx, theme, x } = this.pen;
    line(ctx, [[x(this.share), 0], [x(this.share), this.y(0)]], role(theme, "now").colour, 1.5);
    if (!this.found) return;
    const px = x(this.along(this.logs[this.spec.limit]));
    line(ctx, [[px, 0], [px, this.y(0)]], theme.ink, 1.5, [2, 3]);
    put(ctx, theme, "gives up", px - 6, 12, { align: "right", colour: theme.ink });
  }
}

const raised = (n) => [...String(n)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)])).join("");
