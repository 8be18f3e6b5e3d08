// The shaders of the WebGL2 pencil: marks (point sprites), segments (quadrangles) and a raster.
// Points are mixed between two frames; a point with NOWHERE is not drawn.

import { CELLS, HEAD_SHARE, HEAD_SLOPE, SPAN } from "./marks.js";

const EDGE = (0.96 * SPAN).toFixed(3);
const PLACE = `#version 300 es
precision highp float;
const float NOWHERE = -32767.5;
vec4 at(mat4 m, vec4 rest, vec4 p) { return m * vec4(p.xyz, 1.0) + rest * p.w; }
`;

export const MARK_VERTEX = `${PLACE}
layout(location = 0) in vec4 a;
layout(location = 1) in vec4 b;
layout(location = 4) in vec4 look;
uniform mat4 ma, mb;
uniform vec4 ra, rb, tint;
uniform vec3 page;
uniform float s, radius, dim, margin, symbol;
uniform bool space;
flat out vec3 colour;
flat out vec3 form; // symbol, radius in px, half sprite in radii
void main() {
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = 1.0;
  if (a.x < NOWHERE || b.x < NOWHERE) return;
  vec4 p = mix(at(ma, ra, a), at(mb, rb, b), s);
  if (p.w <= 0.0) return;
  float r = radius / p.w;
  float kind = tint.w > 0.0 ? symbol : floor(look.w * 255.0 + 0.5);
  float h = (kind < 0.5 ? 1.0 : ${SPAN.toFixed(2)}) * r + margin;
  gl_Position = p;
  gl_PointSize = 2.0 * h;
  vec3 own = tint.w > 0.0 ? tint.rgb : look.rgb;
  float fade = dim * (space ? clamp(0.85 - 1.1 * p.z, 0.45, 1.0) : 1.0);
  colour = mix(page, own, fade);
  form = vec3(kind, r, h / r);
}`;

// Filled circles alone, the usual case, without what the others need.
export const DISC_FRAGMENT = `#version 300 es
precision mediump float;
flat in vec3 colour;
flat in vec3 form;
uniform float alpha;
uniform bool space;
out vec4 colours;
void main() {
  float d = (length((2.0 * gl_PointCoord - 1.0) * form.z) - 1.0) * form.y;
  float cover = clamp(0.5 - d, 0.0, 1.0) * alpha;
  if (space && cover < 0.3) discard;
  colours = vec4(colour * cover, cover);
}`;

export const MARK_FRAGMENT = `#version 300 es
precision mediump float;
flat in vec3 colour;
flat in vec3 form;
uniform sampler2D symbols;
uniform vec4 outline;
uniform float alpha, hollow;
uniform bool space;
out vec4 colours;
void main() {
  vec2 c = (2.0 * gl_PointCoord - 1.0) * form.z;
  float d;
  if (form.x < 0.5) d = length(c) - 1.0;
  else {
    vec2 near = clamp(c, -${EDGE}, ${EDGE});
    vec2 cell = near / ${(2 * SPAN).toFixed(2)} + 0.5;
    d = (0.50196 - texture(symbols, vec2(cell.x, (form.x + cell.y) / ${CELLS}.0)).r) * 2.65625 + distance(c, near);
  }
  d *= form.y;
  float inside = clamp(0.5 - d, 0.0, 1.0);
  float cover = hollow > 0.0 ? clamp(0.5 * hollow + 0.5 - abs(d + 0.4 * hollow), 0.0, 1.0) : inside;
  vec3 own = colour;
  if (outline.w > 0.0) {
    own = mix(outline.rgb, own, hollow > 0.0 ? cover : inside);
    float ring = clamp(0.5 * outline.w + 0.5 - abs(d - 0.5 * outline.w), 0.0, 1.0);
    cover = max(cover, hollow > 0.0 ? ring : clamp(0.5 + outline.w - d, 0.0, 1.0));
  }
  cover *= alpha;
  if (space && cover < 0.3) discard;
  colours = vec4(own * cover, cover);
}`;

export const SEGMENT_VERTEX = `${PLACE}
layout(location = 0) in vec4 a;
layout(location = 1) in vec4 b;
layout(location = 2) in vec4 c;
layout(location = 3) in vec4 d;
layout(location = 4) in vec4 look;
uniform mat4 ma, mb, mc, md;
uniform vec4 ra, rb, rc, rd, tint;
uniform vec2 s, alpha, half_size;
uniform float width, head;
flat out vec3 colour;
out vec3 edge; // px from the middle line, half the width, opacity
void main() {
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if (min(min(a.x, b.x), min(c.x, d.x)) < NOWHERE) return;
  vec4 p = mix(at(ma, ra, a), at(mb, rb, b), s.x);
  vec4 q = mix(at(mc, rc, c), at(md, rd, d), s.y);
  if (p.w <= 0.0 || q.w <= 0.0) return;
  vec2 along = (q.xy / q.w - p.xy / p.w) * half_size;
  float far = length(along);
  if (far < 1e-3) return;
  bool first = (gl_VertexID & 2) == 0;
  vec4 end = first ? p : q;
  vec2 shift = vec2(0.0);
  edge.yz = vec2(0.5 * width, first ? alpha.x : alpha.y);
  if (head > 0.0) {
    float size = min(head, ${HEAD_SHARE} * far);
    end = q;
    shift = first ? -along / far * size : vec2(0.0);
    edge.y = first ? ${HEAD_SLOPE} * size : 0.0;
  }
  float reach = edge.y + 0.5;
  edge.x = (gl_VertexID & 1) == 0 ? reach : -reach;
  shift += vec2(-along.y, along.x) / far * edge.x;
  gl_Position = end + vec4(shift / half_size * end.w, 0.0, 0.0);
  colour = tint.w > 0.0 ? tint.rgb : look.rgb;
}`;

export const SEGMENT_FRAGMENT = `#version 300 es
precision mediump float;
flat in vec3 colour;
in vec3 edge;
out vec4 colours;
void main() {
  float cover = clamp(edge.y + 0.5 - abs(edge.x), 0.0, 1.0) * min(2.0 * edge.y, 1.0) * edge.z;
  colours = vec4(colour * cover, cover);
}`;

export const RASTER_VERTEX = `#version 300 es
uniform mat4 ma;
out vec2 where;
void main() {
  where = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = ma * vec4(where, 0.0, 1.0);
}`;

export const RASTER_FRAGMENT = `#version 300 es
precision mediump float;
in vec2 where;
uniform sampler2D values;
uniform vec4 tint;
uniform float alpha;
out vec4 colours;
void main() {
  colours = vec4(tint.rgb, 1.0) * (texture(values, where).r * alpha);
}`;
