// The cost on a grid of controls: J = data term + λ ‖θ‖², its levels and its contours. No drawing.

const SHARE = 0.8; // of the cells lie below the highest level
const LEVELS = 10;

// J of every node for a λ, into `out`.
export function costOf({ data_term: data, square }, tikhonov, out = new Float32Array(data.length)) {
  for (let i = 0; i < data.length; i++) out[i] = data[i] + tikhonov * square[i];
  return out;
}

// Lowest and highest value that are told apart; what is higher, or not finite, is as high as the highest.
// more: values of named places between the nodes, which may be lower than any node.
export function extent(values, more = []) {
  const known = values.filter(Number.isFinite).sort();
  if (!known.length) return [0, 1];
  const low = Math.min(known[0], ...more.filter(Number.isFinite));
  const high = known[Math.floor(SHARE * (known.length - 1))];
  return high > low ? [low, high] : [low, low + Math.max(1e-9, Math.abs(low))];
}

// Levels at growing distances above the lowest value, so that the rings of a bowl lie evenly.
export function levelsOf([low, high]) {
  return Array.from({ length: LEVELS }, (_, i) => low + (high - low) * ((i + 1) / LEVELS) ** 2);
}

// The share of the way from low to high, on the scale of the levels.
export const shareOf = (value, [low, high]) =>
  value < high ? Math.sqrt(Math.max(0, value - low) / (high - low)) : 1; // NaN too

// Pieces [x, y, x, y] of one contour, in steps of the grid.
export function contour(values, [rows, columns], level) {
  const pieces = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      const [a, b, c, d] = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]];
      const sides = (a > level ? 1 : 0) + (b > level ? 2 : 0) + (c > level ? 4 : 0) + (d > level ? 8 : 0);
      if (sides === 0 || sides === 15 || !Number.isFinite(a + b + c + d)) continue;
      const cut = (p, q) => (level - p) / (q - p);
      const top = [column + cut(a, b), row], right = [column + 1, row + cut(b, c)];
      const bottom = [column + cut(d, c), row + 1], left = [column, row + cut(a, d)];
      const join = (p, q) => pieces.push([...p, ...q]);
      if (sides === 1 || sides === 14) join(left, top);
      else if (sides === 2 || sides === 13) join(top, right);
      else if (sides === 3 || sides === 12) join(left, right);
      else if (sides === 4 || sides === 11) join(right, bottom);
      else if (sides === 6 || sides === 9) join(top, bottom);
      else if (sides === 7 || sides === 8) join(left, bottom);
      else { // two corners across: the middle says which way the lines go
        const same = (a + b + c + d) / 4 > level === (sides === 5);
        if (same) [[top, right], [left, bottom]].forEach(([p, q]) => join(p, q));
        else [[left, top], [right, bottom]].forEach(([p, q]) => join(p, q));
      }
    }
  }
  return pieces;
}

// A value between the nodes; x and y in steps of the grid.
export function valueAt(values, [rows, columns], x, y) {
  if (!(x >= 0 && y >= 0 && x <= columns - 1 && y <= rows - 1)) return NaN;
  const [i, j] = [Math.min(Math.floor(x), columns - 2), Math.min(Math.floor(y), rows - 2)];
  const [s, t, at] = [x - i, y - j, j * columns + i];
  const low = values[at] + s * (values[at + 1] - values[at]);
  const high = values[at + columns] + s * (values[at + columns + 1] - values[at + columns]);
  return low + t * (high - low);
}
