// What a person draws with: a class or the eraser, the radius and density of the brush, undo and clear.

import { make, write } from "../player/dom.js";
import { trace } from "../player/marks.js";

const SMALLEST = 0.04; // what the eraser and the ring reach at least
const RADIUS = { name: "Radius", min: 0, max: 0.6, step: 0.02, value: 0.08, digits: 2, unit: "" };
const PER = " points for each unit of length";
const DENSITY = { name: "Density", min: 5, max: 150, step: 5, value: 40, digits: 0, unit: PER };
const ICON = 14; // css px

export class Tools {
  // classes: their names; hands: what is called when a tool changed, to undo and to clear.
  constructor(classes, { changed, undo, clear }) {
    this.tool = 0; // the number of a class, or "eraser"
    this.changed = changed;
    this.icons = classes.map(() => make("canvas", "icon", { "aria-hidden": "true" }));
    this.buttons = new Map();
    const group = make("div", "switches", { role: "group", "aria-label": "Tool" });
    for (const [kind, name] of [...classes.entries(), ["eraser", ""]]) {
      const button = make("button", "", { type: "button", onclick: () => this.choose(kind) });
      button.append(...(name ? [this.icons[kind], `Class ${name}`] : ["Eraser"]));
      this.buttons.set(kind, button);
      group.append(button);
    }
    this.undoing = make("button", "", { type: "button", text: "Undo", onclick: undo });
    this.clearing = make("button", "", { type: "button", text: "Clear", onclick: clear });
    const acts = make("div", "acts");
    acts.append(this.undoing, this.clearing);
    this.radius = this.slider(RADIUS);
    this.density = this.slider(DENSITY);
    this.box = make("div", "tools");
    const sliders = make("div", "sliders");
    sliders.append(this.radius.box, this.density.box);
    this.box.append(group, acts, sliders);
    this.choose(0);
  }

  slider({ name, digits, unit, ...range }) {
    const box = make("label", "slider");
    const words = make("span", "words");
    const input = make("input", "", { type: "range" });
    for (const [key, value] of Object.entries(range)) input.setAttribute(key, value);
    const say = () => {
      const value = Number(input.value).toFixed(digits);
      write(words, `${name} ${value}`);
      input.setAttribute("aria-valuetext", `${value}${unit}`);
    };
    input.oninput = () => {
      say();
      this.changed();
    };
    say();
    box.title = unit ? `${name}:${unit}` : name;
    box.append(words, input);
    return { box, input };
  }

  choose(tool) {
    this.tool = tool;
    for (const [kind, button] of this.buttons) button.setAttribute("aria-pressed", String(kind === tool));
    this.density.input.disabled = this.erases;
    this.changed();
  }

  get erases() {
    return this.tool === "eraser";
  }

  get brush() {
    return { kind: this.tool, radius: Number(this.radius.input.value), density: Number(this.density.input.value) };
  }

  // Radius of the ring, which the eraser takes away from.
  get reach() {
    return Math.max(SMALLEST, Number(this.radius.input.value));
  }

  enable(undo, clear) {
    this.undoing.disabled = !undo;
    this.clearing.disabled = !clear;
  }

  // The marks of the classes in the colours of the page.
  paint(theme) {
    const ratio = window.devicePixelRatio || 1;
    this.box.style.colorScheme = theme.dark ? "dark" : "light"; // of the sliders
    this.icons.forEach((icon, kind) => {
      const [colour, shape] = theme.classes[kind];
      Object.assign(icon, { width: Math.round(ICON * ratio), height: Math.round(ICON * ratio) });
      const ctx = icon.getContext("2d");
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      ctx.fillStyle = colour;
      trace(ctx, shape, ICON / 2, ICON / 2, ICON / 3);
      ctx.fill();
    });
  }
}
