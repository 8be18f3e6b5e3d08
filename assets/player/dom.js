// Elements: made, and written into only when their words change.

export function make(tag, name, more = {}) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  for (const [key, value] of Object.entries(more)) {
    if (key === "text") node.textContent = value;
    else if (key in node && !key.startsWith("aria")) node[key] = value;
    else node.setAttribute(key, value);
  }
  return node;
}

export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
