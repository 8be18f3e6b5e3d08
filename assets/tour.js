// A tour: a few steps in a corner of the screen, each with a ring around what it is about. Whoever has seen it to
// the end, or wants it no more, is not shown it again in this browser.

import { make, write } from "./player/dom.js";

const KEPT = "autoencode.tour";
const RING = 4; // css px between the ring and what it is around
const shown = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  const root = parentElement.querySelector(".tour");
  let one = shown.get(parentElement);
  if (!one || one.root !== root) {
    if (one) one.close();
    one = new Tour(root);
    shown.set(parentElement, one);
  }
  one.receive(component);
  return () => {
    one.close();
    shown.delete(parentElement);
  };
}

// Whether this browser was told to show it no more; a storage that is forbidden says nothing.
function kept(value) {
  try {
    if (value) localStorage.setItem(KEPT, value);
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

class Tour {
  constructor(root) {
    this.root = root;
    this.at = 0;
    this.card = make("section", "card", { role: "dialog", "aria-label": "Tour", hidden: true });
    this.count = make("p", "count");
    this.title = make("h2", "");
    this.words = make("p", "words");
    this.spoken = make("div", "spoken", { "aria-live": "polite" });
    this.back = this.button("Back", () => this.step(this.at - 1));
    this.next = this.button("Next", () => this.step(this.at + 1), "next");
    this.never = this.button("Don't show again", () => this.end(true));
    this.later = this.button("Close", () => this.end(false));
    const tools = make("div", "tools");
    tools.append(this.back, this.next, this.later, this.never);
    this.card.append(this.count, this.title, this.words, tools);
    this.ring = make("div", "ring", { hidden: true, "aria-hidden": "true" });
    root.replaceChildren(this.card, this.ring, this.spoken);
    this.card.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.end(false);
    };
    this.follow = () => this.circle();
    for (const name of ["resize", "scroll"]) window.addEventListener(name, this.follow, true);
    this.watch = setInterval(this.follow, 300); // what it is around may still be arriving
  }

  button(text, onclick, name = "") {
    return make("button", name, { type: "button", text, onclick });
  }

  // steps: {title, words, target: a selector of the page}; asked: how often it was asked for by hand; begins:
  // whether it does so by itself.
  receive({ data: { steps, asked, begins }, setStateValue }) {
    const again = asked !== this.asked && asked > 0;
    const fresh = this.asked === undefined;
    Object.assign(this, { steps, asked, tell: setStateValue });
    if (again) this.step(0, true);
    else if (fresh && begins && !kept()) this.step(0);
  }

  step(at, focus = false) {
    if (at >= this.steps.length) return this.end(true);
    this.at = Math.max(0, at);
    const { title, words } = this.steps[this.at];
    write(this.count, `${this.at + 1} of ${this.steps.length}`);
    write(this.title, title);
    write(this.words, words);
    write(this.next, this.at + 1 === this.steps.length ? "Done" : "Next");
    this.back.disabled = this.at === 0;
    if (!this.card.hidden) write(this.spoken, `${title}. ${words}`);
    this.card.hidden = false;
    if (focus) this.next.focus({ preventScroll: true });
    return this.circle();
  }

  // The ring, where its target is in sight.
  circle() {
    const { target } = this.steps ? this.steps[this.at] : {};
    const found = this.card.hidden || !target ? null : document.querySelector(target);
    const box = found && found.getBoundingClientRect();
    const seen = box && box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
      && box.left < innerWidth;
    this.ring.hidden = !seen;
    if (!seen) return;
    const { style } = this.ring;
    [style.left, style.top] = [box.left - RING, box.top - RING].map((v) => `${v}px`);
    [style.width, style.height] = [box.width, box.height].map((v) => `${v + 2 * RING}px`);
  }

  end(forGood) {
    if (forGood) kept("seen");
    this.card.hidden = true;
    this.ring.hidden = true;
    this.tell("ended", { forGood });
  }

  close() {
    clearInterval(this.watch);
    for (const name of ["resize", "scroll"]) window.removeEventListener(name, this.follow, true);
  }
}
