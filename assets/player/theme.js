// Colours: of the page, of the scene's theme, of each particle.

const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

// The person's own colours instead of the page's.
export const forced = window.matchMedia("(forced-colors: active)");

// Any css colour as [red, green, blue].
export function rgb(colour) {
  if (!pen) return [128, 128, 128];
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = "#808080";
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

// How large the page's type is, 1 as usual: pictures are drawn as much larger.
export const typeScale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;

const hex = (parts) => `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

const luminance = ([red, green, blue]) => (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;

export function mix(from, to, share) {
  return from.map((part, i) => Math.round(part + share * (to[i] - part)));
}

// The scene's colours for the page as it is now, which the browser's own controls in it take too.
export function pageTheme(root, scene) {
  const style = getComputedStyle(root);
  const paper = forced.matches ? "Canvas" : style.getPropertyValue("--st-background-color").trim();
  const page = hex(rgb(paper || "#ffffff"));
  const dark = luminance(rgb(page)) < 0.5;
  root.style.colorScheme = dark ? "dark" : "light";
  const given = scene ? scene.theme[dark ? "dark" : "light"] : {};
  const ink = given.ink || style.color;
  const muted = given.muted || ink;
  const grid = given.grid || muted;
  const font = style.fontFamily;
  return { roles: {}, classes: [], hues: [], scale: [], ...given, ink, muted, grid, page, dark, font };
}

export function role(theme, name) {
  return theme.roles[name] || { colour: theme.ink, dash: "solid", symbol: "circle" };
}

const DASHES = { dash: [7, 4], dot: [2, 3], longdash: [12, 5] };
export const dashes = (word) => DASHES[word] || [];
