/**
 * One triangle over the whole canvas. `uv` runs from the top left (0, 0) of the image to its bottom
 * right (1, 1).
 */
export const vertexShader = `#version 300 es
out vec2 uv;
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 2.0 : 0.0, gl_VertexID == 2 ? 2.0 : 0.0);
  uv = corner;
  gl_Position = vec4(corner.x * 2.0 - 1.0, 1.0 - corner.y * 2.0, 0.0, 1.0);
}`;

/**
 * Draws image, fills and outlines in one pass.
 *
 * Each texel of the ID map belongs to one instance or to the background. For a smooth edge at any
 * scale, the fragment weighs the ids around it with a Gaussian over a 7 x 7 grid. The grid is
 * anchored to the map, so edges stay in place while the canvas moves. The two ids with the largest
 * shares remain. Along a straight edge, the larger share depends only on the distance to the edge,
 * so its inverse gives that distance. The distance anti-aliases fills and outlines over one canvas
 * pixel. An enlarged image therefore has no staircase. In a reduced image, the grid widens to span
 * the outline, which keeps its width on screen. The inverse is logit(share) times a factor that
 * falls with it. The factor was fitted to the integral of the truncated kernel, to 0.01 cells up to
 * a distance of 1.5.
 */
export const fragmentShader = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;

uniform sampler2D image;
uniform usampler2D ids;
uniform sampler2D palette;      // color of id k at texel (k % 256, k / 256)
uniform float idsPerScreenPx;   // texels of the ID map per pixel of the canvas
uniform float fillOpacity;
uniform float halfOutlinePx;
uniform uint highlighted;       // id, 0 for none
uniform float dimOthers;

in vec2 uv;
out vec4 color;

const int reach = 3;
const int taps = 2 * reach + 1;
const float sigma = 1.15;       // in cells of the grid
const float haloPx = 1.25;
const float haloOpacity = 0.4;

vec3 paletteColor(uint id) {
  return texelFetch(palette, ivec2(int(id & 255u), int(id >> 8)), 0).rgb;
}

// The id at a point of the grid. Beyond the image, the id at its edge.
uint idAt(vec2 grid, float cell) {
  return texelFetch(ids, clamp(ivec2(floor(grid * cell)), ivec2(0), textureSize(ids, 0) - 1), 0).r;
}

// The ids with the largest and second largest share around the fragment, and the share of the first
// among the two, 0.5..1.
void contest(vec2 at, float cell, out uint winner, out uint runnerUp, out float share) {
  vec2 grid = at / cell;
  vec2 origin = floor(grid);
  vec2 offset = grid - origin - 0.5;
  // Most fragments lie well inside one region. 17 of the 49 taps can exclude any neighbor wider
  // than one cell.
  winner = idAt(origin + 0.5, cell);
  runnerUp = winner;
  share = 1.0;
  bool uniformHere = true;
  for (int j = -reach; j <= reach; j += 2) {
    for (int i = -reach; i <= reach; i += 2) {
      uniformHere = uniformHere && idAt(origin + vec2(i, j) + 0.5, cell) == winner;
    }
  }
  if (uniformHere) return;

  float cutoff = exp(-0.5 * pow((float(reach) - 0.5) / sigma, 2.0));
  float weightX[taps];
  float weightY[taps];
  for (int i = 0; i < taps; ++i) {
    vec2 d = (float(i - reach) - offset) / sigma;
    vec2 w = max(exp(-0.5 * d * d) - cutoff, 0.0);
    weightX[i] = w.x;
    weightY[i] = w.y;
  }
  uvec4 slots = uvec4(0xffffffffu);
  vec4 shares = vec4(0.0);
  for (int j = 0; j < taps; ++j) {
    for (int i = 0; i < taps; ++i) {
      uint id = idAt(origin + vec2(i - reach, j - reach) + 0.5, cell);
      bvec4 same = equal(slots, uvec4(id));
      if (!any(same)) {
        bvec4 empty = equal(slots, uvec4(0xffffffffu));
        same = bvec4(empty.x, empty.y && !empty.x, empty.z && !empty.y, empty.w && !empty.z);
        slots = uvec4(same.x ? id : slots.x, same.y ? id : slots.y,
                      same.z ? id : slots.z, same.w ? id : slots.w);
      }
      shares += vec4(same) * (weightX[i] * weightY[j]);
    }
  }
  winner = slots.x;
  runnerUp = winner;
  float best = shares.x;
  float second = 0.0;
  for (int k = 1; k < 4; ++k) {
    if (shares[k] > best) {
      runnerUp = winner;
      second = best;
      winner = slots[k];
      best = shares[k];
    } else if (shares[k] > second) {
      runnerUp = slots[k];
      second = shares[k];
    }
  }
  share = best / (best + second);
}

// Distance to the edge in cells, for the share of the nearer side.
float edgeDistance(float share) {
  float logit = log(share / max(1.0 - share, 1e-6));
  return logit * max(0.639 - 0.0123 * logit * logit, 0.42);
}

// The premultiplied image under the fill of one id.
vec4 region(uint id, vec4 base, vec3 tint) {
  bool other = highlighted != 0u && id != highlighted;
  float dim = other ? dimOthers : 0.0;
  float gray = dot(base.rgb, vec3(0.2126, 0.7152, 0.0722));
  float shade = dim * 0.75;
  vec4 seen = vec4(mix(base.rgb, vec3(gray), dim * 0.7) * (1.0 - shade), mix(base.a, 1.0, shade));
  float fill = id == 0u ? 0.0 : fillOpacity * (1.0 - dim) * (id == highlighted ? 0.6 : 1.0);
  return mix(seen, vec4(tint, 1.0), fill);
}

void main() {
  vec4 base = texture(image, uv, -0.5);
  float cell = max(1.0, idsPerScreenPx * max(0.75, (halfOutlinePx * 1.5 + haloPx + 0.5) / 2.4));
  uint winner;
  uint runnerUp;
  float share;
  contest(uv * vec2(textureSize(ids, 0)), cell, winner, runnerUp, share);
  if (winner == runnerUp) {
    color = region(winner, base, paletteColor(winner));
    return;
  }

  float distancePx = edgeDistance(share) * cell / idsPerScreenPx;
  float inside = clamp(distancePx + 0.5, 0.5, 1.0);
  vec3 winnerTint = paletteColor(winner);
  vec3 runnerUpTint = paletteColor(runnerUp);
  vec4 result = mix(region(runnerUp, base, runnerUpTint), region(winner, base, winnerTint), inside);

  bool picked = highlighted != 0u && (winner == highlighted || runnerUp == highlighted);
  float strength = highlighted != 0u && !picked ? 1.0 - 0.75 * dimOthers : 1.0;
  float halfPx = picked ? halfOutlinePx * 1.5 : halfOutlinePx;
  vec3 tint = mix(runnerUp == 0u ? winnerTint : runnerUpTint,
                  winner == 0u ? runnerUpTint : winnerTint, inside);
  if (picked) tint = winner == highlighted ? winnerTint : runnerUpTint;
  float drawn = halfOutlinePx > 0.0 ? strength : 0.0;
  float reach = clamp(halfPx + haloPx + 0.5 - distancePx, 0.0, 1.0);
  float halo = winner == 0u ? reach * haloOpacity * drawn : 0.0;
  result = mix(result, vec4(0.0, 0.0, 0.0, 1.0), halo);
  float line = clamp(halfPx + 0.5 - distancePx, 0.0, 1.0) * drawn;
  color = mix(result, vec4(tint, 1.0), line);
}`;
