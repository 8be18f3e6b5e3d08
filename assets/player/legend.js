// What the legend says: marks with their names, or a bar of colours.

import { reading } from "./numbers.js";

export function legend({ scene, theme, colour }) {
  const chosen = scene.colours[colour];
  const entries = [], words = scene.words || {};
  if (chosen && chosen.kind === "class") {
    chosen.names.forEach((text, i) => {
      const [hex, symbol] = theme.classes[i % Math.max(1, theme.classes.length)] || [theme.ink, "circle"];
      entries.push({ hex, symbol, text, about: words.class });
    });
  } else if (chosen && chosen.kind === "hue") entries.push({ stops: theme.hues, text: chosen.name, about: words[chosen.name] });
  else if (chosen) {
    const { range: [low, high], unit, log, name } = chosen;
    const text = [name, unit && `(${unit})`, log && "log scale"].filter(Boolean).join(" ");
    entries.push({ stops: theme.scale, low: reading(low), high: reading(high), text, about: words[name] });
  }
  const hollow = scene.panes.some((pane) => pane.kind === "cloud" && pane.hollow && pane.hollow.includes(1));
  const { idle = ["not driven"] } = scene.timeline || {};
  const text = `a component is ${idle.join(" or ")}`;
  if (hollow) entries.push({ hex: theme.ink, symbol: "circle", hollow: true, text, about: words.hollow });
  return entries;
}
