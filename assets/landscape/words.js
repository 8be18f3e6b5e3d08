// Numbers in words, as Python's :g writes them, and ticks of the axes.

import { niceTicks } from "../player/numbers.js";

const DIGITS = 3;
const [LEAST, MOST] = [1e-4, 1e5]; // what lies between is written without a power of ten

// A value for reading: three significant figures, 0.0001 and 1e-5.
export function general(value) {
  if (!Number.isFinite(value)) return "not finite";
  const rounded = Number(value.toPrecision(DIGITS));
  const size = Math.abs(rounded);
  const text = size && (size >= MOST || size < LEAST) ? rounded.toExponential().replace("e+", "e") : String(rounded);
  return text.replace(/^-/, "\u2212");
}

// Round numbers from low to high, about so many, at least two.
export function ticksOf(low, high, most) {
  const ticks = niceTicks(low, high, most);
  return ticks.at.length > 1 || most > 20 || !(high > low) ? ticks : ticksOf(low, high, most + 1);
}
