// The slider of the Tikhonov weight, on a logarithmic scale; its lowest step is λ = 0.

import { make, write } from "../player/dom.js";
import { clamp } from "../player/numbers.js";
import { general } from "./words.js";

const STEP = 0.02; // powers of ten

export class Slider {
  constructor(act) {
    this.box = make("div", "knobs");
    const label = make("label", "tikhonov");
    this.words = make("span", "words");
    this.input = make("input", "", { type: "range", "aria-label": "Tikhonov weight λ", step: "any" });
    this.input.oninput = () => {
      this.show();
      act(this.value);
    };
    this.home = make("button", "home", { type: "button", onclick: () => {
      this.set(this.own);
      act(this.value);
    } });
    label.append(this.words, this.input);
    this.box.append(label, this.home);
  }

  // range: least and largest λ above 0; own: that of the run; value: where it stands.
  receive([low, high], own, value) {
    this.own = own;
    this.low = Math.log10(low);
    this.steps = Math.max(1, Math.round((Math.log10(high) - this.low) / STEP));
    Object.assign(this.input, { min: 0, max: this.steps + 1, step: 1 });
    write(this.home, `λ of the run: ${general(own)}`);
    this.set(value);
  }

  set(value) {
    const step = value > 0 ? 1 + clamp(Math.round((Math.log10(value) - this.low) / STEP), 0, this.steps) : 0;
    this.input.value = String(step);
    this.exact = value; // that of the run need not lie on a step
    this.at = step;
    this.show();
  }

  get value() {
    const step = Number(this.input.value);
    if (step === this.at) return this.exact;
    return step ? 10 ** (this.low + (step - 1) * STEP) : 0;
  }

  show() {
    write(this.words, `Tikhonov weight λ = ${general(this.value)}`);
    this.input.setAttribute("aria-valuetext", `λ = ${general(this.value)}`);
    this.home.disabled = this.value === this.own;
  }
}
