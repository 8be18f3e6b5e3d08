// Numbers in words, and ticks of the axes.

import { niceTicks, reading } from "../player/numbers.js";

// A value for reading as a person sets it: a power of ten below 0.001.
export const general = (value) => reading(value, 1e-3);

// Round numbers from low to high, about so many, at least two.
export function ticksOf(low, high, most) {
  const ticks = niceTicks(low, high, most);
  return ticks.at.length > 1 || most > 20 || !(high > low) ? ticks : ticksOf(low, high, most + 1);
}
