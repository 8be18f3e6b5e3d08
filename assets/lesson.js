// A lesson in a file of its own: its pictures, and its questions, which are predicted first and revealed then.

import { bring } from "./player/link.js";

const number = (value) =>
  value.toLocaleString("en", { maximumSignificantDigits: 3 }).replace("-", "\u2212");
const withUnit = (value, unit) => `${number(value)}${unit && unit !== "°" ? " " : ""}${unit || ""}`;
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export default function (shows) {
  const { scenes, questions } = JSON.parse(document.getElementById("lesson").textContent);
  bring([]);
  const page = { shows, scenes };
  const parts = [...document.querySelectorAll("[data-question]")];
  questions.forEach((question, i) => ask(question, parts[i], page));
  fill(document.querySelector("main"), page);
}

// ---- pictures: those that can be seen; an answer's are drawn when it is revealed

function fill(root, page, said = {}) {
  for (const place of root.querySelectorAll("[data-scene], [data-figure]")) {
    if (place.closest("[hidden]") || place.dataset.filled) continue;
    place.dataset.filled = "yes";
    if (place.dataset.figure) draw(place);
    else show(place, page, said);
  }
}

function show(place, { shows, scenes }, said) {
  const { shown_by: kind, data } = scenes[place.dataset.scene];
  shows[kind]({ parentElement: place, data: bytes(data), ...said[place.dataset.scene] });
}

function draw(place) {
  const { data, layout } = JSON.parse(document.getElementById(`figure${place.dataset.figure}`).textContent);
  window.Plotly.newPlot(place, data, layout, { displaylogo: false, responsive: true });
}

// ---- questions

function ask(question, part, page) {
  const form = part.querySelector("form");
  const answer = part.querySelector(".answer");
  const reveal = form.querySelector("button");
  const sliders = [...form.querySelectorAll("input[type=range]")];
  const value = (slider, i) => question.values[i][Number(slider.value)];

  const tell = () => {
    sliders.forEach((slider, i) => {
      const words = i || question.kind === "mark" ? number(value(slider, i)) : withUnit(value(slider, i), question.unit);
      slider.parentElement.querySelector("output").textContent = words;
      slider.setAttribute("aria-valuetext", words);
    });
  };
  const guess = () => {
    if (question.kind === "choice") return form.querySelector("input:checked")?.value;
    return question.kind === "mark" ? sliders.map(value) : value(sliders[0], 0);
  };
  const touched = () => {
    reveal.disabled = false;
    tell();
  };
  const point = (at) => {
    at.forEach((x, i) => {
      const far = question.values[i].map((known) => Math.abs(known - x));
      sliders[i].value = far.indexOf(Math.min(...far));
    });
    touched();
  };

  form.addEventListener("input", touched);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    judge(question, guess(), form, answer);
    answer.hidden = false;
    for (const input of form.querySelectorAll("input, button")) input.disabled = true;
    fill(answer, page);
    answer.querySelector(".verdict").focus?.();
  });
  answer.querySelector(".again").addEventListener("click", () => {
    answer.hidden = true;
    for (const input of form.querySelectorAll("input")) input.disabled = false;
    form.querySelector("input").focus();
  });
  tell();
  if (question.kind === "mark") fill(form, page, { [question.scene]: pointing(question, point) });
}

// What a person does with the picture of a mark: a click on a place, or on a particle.
const pointing = (question, point) => ({
  setTriggerValue: (name, { pane, at }) => {
    if (name === "place" && pane === question.pane) point(at.slice(0, question.values.length));
  },
  setStateValue: (name, { particles = [] }) => {
    if (name === "picked" && particles.length) point(question.starts[particles[0]]);
  },
});

function judge(question, guess, form, answer) {
  const { good, mine, truth } = judged(question, guess, form);
  const within = question.allowed ? ` (right ${question.allowed})` : "";
  const verdict = answer.querySelector(".verdict");
  verdict.textContent = `${good ? "✓ Right:" : "✗ Not quite:"} you said ${mine}, it is ${truth}${within}.`;
  verdict.classList.toggle("good", good);
  for (const place of answer.querySelectorAll(".guess")) place.textContent = mine;
  for (const place of answer.querySelectorAll(".true")) place.textContent = truth;
}

function judged(question, guess, form) {
  const { kind, truth, within, unit, said } = question;
  if (kind === "choice") {
    const words = (word) => form.querySelector(`input[value="${word}"]`).parentElement.textContent.trim();
    return { good: guess === truth, mine: words(guess), truth: words(truth) };
  }
  const place = (at) => `(${at.map(number).join(", ")})`;
  if (kind === "mark") {
    const far = truth.map((at) => Math.hypot(...at.map((x, i) => x - guess[i])));
    const best = far.indexOf(Math.min(...far));
    return { good: far[best] <= within.amount, mine: place(guess), truth: place(truth[best]) };
  }
  const slack = 1 + 1e-9;
  const good =
    within.kind === "factor"
      ? guess * truth > 0 ? Math.abs(Math.log(guess / truth)) <= Math.log(within.amount) * slack : guess === truth
      : Math.abs(guess - truth) <= within.amount * (within.kind === "share" ? Math.abs(truth) : 1) * slack;
  return { good, mine: withUnit(guess, unit), truth: said };
}
