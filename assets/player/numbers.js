// Numbers: limits, easing, round ticks, and values as people read them.

export const MOVE_MS = 250; // of what eases to new data

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

export const ease = (share) => share * share * (3 - 2 * share);

const signed = (text) => text.replace("-", "\u2212");

// Round numbers from low to high, about so many, and the digits they need.
export function niceTicks(low, high, most) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return { at: [], digits: 0 };
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * (1 - 1e-9));
  const digits = Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const at = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * span; i++) at.push(i * step);
  return { at, digits };
}

// A tick's value.
export function label(value, digits) {
  if (Math.abs(value) >= 1e5) return reading(value);
  const text = value.toFixed(digits);
  return signed(Number(text) === 0 ? (0).toFixed(digits) : text);
}

const DIGITS = 3;
const RAISED = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3" };
const raised = (power) => [...String(power)].map((c) => RAISED[c] || String.fromCharCode(0x2070 + Number(c))).join("");
const grouped = (value) => value.toLocaleString("en", { maximumFractionDigits: 20 });

// A value for reading, as the pages write it: three significant figures, those before the point all kept;
// below `least` and from a million on with a power of ten: 0.000073, 12,346, 2.1\u00b710\u207b\u2077.
export function reading(value, least = 1e-5) {
  if (!Number.isFinite(value)) return "not finite";
  const rounded = Number(value.toPrecision(DIGITS)), size = Math.abs(rounded);
  if (!size) return "0";
  if (size >= least && size < 1e6) return signed(grouped(size < 10 ** DIGITS ? rounded : Math.round(value)));
  const [digits, power] = rounded.toExponential().split("e");
  const before = { 1: "", "-1": "-" }[digits] ?? `${digits}\u00b7`;
  return `${signed(before)}10${raised(Number(power))}`;
}
