// Places of the panes: side by side by span; where that is too narrow, in as many columns as fit evenly.

const NARROW = 240; // css px a pane
const GAP = 16;

export function layout({ panes, height: tall }, width) {
  let columns = panes.length;
  while (columns > 1 && (width < NARROW * columns || panes.length % columns)) columns--;
  const row = columns === panes.length ? tall : Math.min(tall, Math.max(300, Math.round((0.8 * width) / columns)));
  const spans = panes.map((pane) => pane.span || 1);
  const sum = (some) => some.reduce((a, b) => a + b, 0);
  const places = panes.map((_, i) => {
    const first = i - (i % columns);
    const unit = (width - GAP * (columns - 1)) / sum(spans.slice(first, first + columns));
    const x = sum(spans.slice(first, i)) * unit + GAP * (i - first);
    return { x, y: (first / columns) * (row + GAP), w: spans[i] * unit, h: row };
  });
  return { places, height: Math.ceil(panes.length / columns) * (row + GAP) - GAP };
}
