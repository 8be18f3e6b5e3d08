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
  const text = Math.abs(value) >= 1e5 ? value.toExponential(0) : value.toFixed(digits);
  return signed(Number(text) === 0 ? (0).toFixed(digits) : text);
}

// A value for reading: three significant figures.
export function reading(value) {
  if (!Number.isFinite(value)) return "not finite";
  const size = Math.abs(value);
  return signed(size && (size >= 1e5 || size < 1e-3) ? value.toExponential(2) : String(Number(value.toPrecision(3))));
}
