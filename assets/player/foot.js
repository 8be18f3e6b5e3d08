// Under the panes: words of the moment, legend, choice of colours, hint, Save.

import { make, write } from "./dom.js";
import { legend } from "./legend.js";
import { stamp } from "./marks.js";
import { savePicture } from "./picture.js";

const FORMATS = {
  png: "Picture as it is now (PNG)",
  pdf: "Figure for a paper (PDF)",
  svg: "Figure to edit (SVG)",
  html: "Page that plays anywhere (HTML)",
  gif: "Animation (GIF)",
  mp4: "Film (MP4)",
  csv: "Trajectories (CSV)",
};

export class Foot {
  constructor(player) {
    this.player = player;
    this.box = make("div", "foot");
    this.words = make("span", "words");
    this.legend = make("span", "legend");
    this.colours = make("label", "colours");
    this.select = make("select", "", { onchange: () => player.recolour(Number(this.select.value)) });
    this.colours.append(make("span", "", { text: "Colour" }), this.select);
    this.note = make("span", "note");
    this.hint = make("span", "hint");
    this.present = make("button", "present", { type: "button", onclick: () => player.stage.toggle() });
    this.save = make("details", "save");
    this.menu = make("div", "menu");
    this.save.append(make("summary", "", { text: "Save" }), this.menu);
    const ends = make("span", "ends");
    ends.append(this.present, this.save);
    this.box.append(this.words, this.legend, this.colours, this.note, this.hint, ends);
  }

  receive() {
    const { scene, heard } = this.player;
    const names = scene.colours.map((colour) => colour.name);
    const formats = (scene.save || []).filter((format) => heard || format === "png"); // that one the browser makes
    const key = JSON.stringify([names, formats]);
    if (key !== this.key) {
      this.key = key;
      this.select.replaceChildren(...names.map((text, value) => make("option", "", { value, text })));
      this.menu.replaceChildren(...formats.map((format) =>
        make("button", "", { type: "button", text: FORMATS[format] || format, onclick: () => this.chosen(format) })));
    }
    const clouds = scene.panes.some((pane) => pane.kind === "cloud");
    this.colours.hidden = names.length < 2 || !clouds;
    this.save.hidden = !formats.length;
    this.show();
    this.drawLegend();
    this.staged();
  }

  // What the button for the whole screen says.
  staged() {
    const { on } = this.player.stage;
    write(this.present, on ? "Leave full screen" : "Full screen");
    this.present.title = on ? "Back to the page (Escape)" : "Picture and timeline fill the screen (F)";
  }

  show() {
    const { scene, time, moment } = this.player;
    const live = scene.caption || "";
    write(this.words, time && !scene.controls ? [moment.words, live].filter(Boolean).join(" · ") : live);
  }

  tell(note, hint, keys) {
    write(this.note, note);
    write(this.hint, hint);
    this.hint.title = keys;
  }

  drawLegend() {
    const { player } = this;
    this.legend.hidden = !player.scene.panes.some((pane) => pane.kind === "cloud"); // else the cloud has said it
    if (this.select.value !== String(player.colour)) this.select.value = String(player.colour);
    const entries = legend(player);
    const key = JSON.stringify([entries, player.theme.dark]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.legend.replaceChildren(...entries.map(entry));
  }

  chosen(format) {
    this.save.open = false;
    if (format === "png") savePicture(this.player);
    else if (format === "html") this.player.askForPage();
    else this.player.askFor(format);
  }
}

function entry({ hex, symbol, hollow, stops, low, high, text, about }) {
  const node = make("span", "entry");
  if (about) { // what it is, for who points at it or comes to it with the keyboard
    node.title = node.dataset.about = about;
    node.tabIndex = 0;
    node.setAttribute("role", "note");
    node.setAttribute("aria-label", `${text}. ${about}`);
  }
  if (low !== undefined) node.append(make("span", "number", { text: low }));
  if (stops) {
    const bar = make("span", "bar");
    bar.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
    node.append(bar);
  } else node.append(stamp(hex, symbol, hollow));
  if (high !== undefined) node.append(make("span", "number", { text: high }));
  node.append(make("span", "", { text }));
  return node;
}
