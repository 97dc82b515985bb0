import { MaskletError } from "../base/errors.js";
import type { Changes, IdMap, OverlayImage, OverlayRenderer, Scene } from "./overlay_renderer.js";
import { fragmentShader, vertexShader } from "./overlay_shaders.js";
import type { Rgb } from "./palette.js";

type OverlayCanvas = HTMLCanvasElement | OffscreenCanvas;

const uniformNames = [
  "image",
  "ids",
  "palette",
  "idsPerScreenPx",
  "fillOpacity",
  "halfOutlinePx",
  "highlighted",
  "dimOthers",
] as const;
type Uniforms = Record<(typeof uniformNames)[number], WebGLUniformLocation | null>;

const unit = { image: 0, ids: 1, palette: 2 } as const;
const paletteWidth = 256;
/** Maximum reduction without mipmaps. Beyond it, the image shimmers. */
const mipmapFrom = 1.25;

function compile(gl: WebGL2RenderingContext, kind: number, source: string): WebGLShader {
  const shader = gl.createShader(kind);
  if (shader === null) throw new MaskletError("unsupported", "export", "the WebGL context is lost");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  const shaders = [
    compile(gl, gl.VERTEX_SHADER, vertexShader),
    compile(gl, gl.FRAGMENT_SHADER, fragmentShader),
  ];
  for (const shader of shaders) gl.attachShader(program, shader);
  gl.linkProgram(program);
  const linked = gl.getProgramParameter(program, gl.LINK_STATUS) as boolean;
  const log = linked ? "" : shaders.map((shader) => gl.getShaderInfoLog(shader)).join(" ");
  for (const shader of shaders) gl.deleteShader(shader);
  if (linked || gl.isContextLost()) return program;
  gl.deleteProgram(program);
  throw new MaskletError("unsupported", "export", `the overlay's shaders do not compile: ${log}`);
}

function createTexture(
  gl: WebGL2RenderingContext,
  at: number,
  minFilter: number,
  magFilter: number,
): WebGLTexture {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + at);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, minFilter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, magFilter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

/** The GL objects of one context. A lost context requires new ones. */
class Resources {
  readonly program: WebGLProgram;
  readonly uniforms: Uniforms;
  readonly vertexArray: WebGLVertexArrayObject;
  readonly textures: readonly WebGLTexture[];
  mipmaps = false;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.program = link(gl);
    this.vertexArray = gl.createVertexArray();
    this.textures = [
      createTexture(gl, unit.image, gl.LINEAR, gl.LINEAR),
      createTexture(gl, unit.ids, gl.NEAREST, gl.NEAREST),
      createTexture(gl, unit.palette, gl.NEAREST, gl.NEAREST),
    ];
    const locations = uniformNames.map((name) => [name, gl.getUniformLocation(this.program, name)]);
    this.uniforms = Object.fromEntries(locations) as Uniforms;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  delete(): void {
    for (const texture of this.textures) this.gl.deleteTexture(texture);
    this.gl.deleteVertexArray(this.vertexArray);
    this.gl.deleteProgram(this.program);
  }
}

const softwareNames = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * Whether WebGL2 runs on a GPU. It asks a separate canvas, because a canvas with a WebGL context
 * cannot provide another kind later.
 */
function isHardware(): boolean {
  // Safari before 17 has WebGL2 on elements only.
  const canvas: OverlayCanvas =
    typeof document === "undefined" ? new OffscreenCanvas(1, 1) : document.createElement("canvas");
  const gl = canvas.getContext("webgl2", {
    failIfMajorPerformanceCaveat: true,
  }) as WebGL2RenderingContext | null;
  if (gl === null) return false;
  // Some browsers report a software renderer only by its name, not as a performance caveat.
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return !softwareNames.test(renderer);
}

/** The image, reduced to the maximum texture size of the GPU. */
function fitted({ image, widthSrc, heightSrc }: Scene, maxSidePx: number): OverlayImage {
  const scale = Math.min(1, maxSidePx / Math.max(widthSrc, heightSrc));
  if (scale === 1) return image!;
  const canvas = new OffscreenCanvas(Math.floor(widthSrc * scale), Math.floor(heightSrc * scale));
  canvas.getContext("2d")?.drawImage(image!, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/**
 * WebGL2 renderer: three textures (image, ID map, palette) and one triangle. The GPU does all
 * composition.
 */
export class GlRenderer implements OverlayRenderer {
  readonly name = "webgl2";
  readonly maxSidePx: number;
  private resources: Resources | undefined;

  private constructor(
    private readonly canvas: OverlayCanvas,
    private readonly gl: WebGL2RenderingContext,
    private readonly onRestored: () => void,
  ) {
    this.maxSidePx = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    this.resources = new Resources(gl);
    canvas.addEventListener("webglcontextlost", this.lost);
    canvas.addEventListener("webglcontextrestored", this.restored);
  }

  /**
   * Undefined without WebGL2, and for a software WebGL2 unless `allowSoftware`. `onRestored` must
   * redraw everything.
   */
  static create(
    canvas: OverlayCanvas,
    allowSoftware: boolean,
    onRestored: () => void,
  ): GlRenderer | undefined {
    if (!allowSoftware && !isHardware()) return undefined;
    const gl = canvas.getContext("webgl2", {
      alpha: true,
      antialias: false,
      depth: false,
      premultipliedAlpha: true,
      // The canvas can be read at any time, not only right after drawing.
      preserveDrawingBuffer: true,
    }) as WebGL2RenderingContext | null;
    return gl === null ? undefined : new GlRenderer(canvas, gl, onRestored);
  }

  draw(scene: Scene, changes: Changes): void {
    const { gl, resources } = this;
    if (resources === undefined || gl.isContextLost()) return;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    if (scene.image === undefined) {
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      return;
    }
    if (changes.image) this.uploadImage(resources, scene);
    if (changes.instances) {
      this.uploadIds(scene.idMap);
      this.uploadPalette(scene.colors);
    }
    this.chooseFilter(resources, scene.widthSrc / this.canvas.width);
    gl.useProgram(resources.program);
    gl.bindVertexArray(resources.vertexArray);
    this.setUniforms(resources.uniforms, scene);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  dispose(): void {
    this.canvas.removeEventListener("webglcontextlost", this.lost);
    this.canvas.removeEventListener("webglcontextrestored", this.restored);
    this.resources?.delete();
    this.resources = undefined;
  }

  private readonly lost = (event: Event): void => {
    // Otherwise the browser never restores the context.
    event.preventDefault();
    this.resources = undefined;
  };

  private readonly restored = (): void => {
    this.resources = new Resources(this.gl);
    this.onRestored();
  };

  private setUniforms(uniforms: Uniforms, { idMap, style }: Scene): void {
    const { gl } = this;
    gl.uniform1i(uniforms.image, unit.image);
    gl.uniform1i(uniforms.ids, unit.ids);
    gl.uniform1i(uniforms.palette, unit.palette);
    gl.uniform1f(uniforms.idsPerScreenPx, idMap.width / this.canvas.width);
    gl.uniform1f(uniforms.fillOpacity, style.fillOpacity);
    gl.uniform1f(uniforms.halfOutlinePx, style.outlineWidthPx / 2);
    gl.uniform1ui(uniforms.highlighted, style.highlight + 1);
    gl.uniform1f(uniforms.dimOthers, style.dimOthers);
  }

  private uploadImage(resources: Resources, scene: Scene): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit.image);
    // Set for this texture only: with it, Firefox rejects integers above 8 bits (OUT_OF_MEMORY),
    // and ids may have 16.
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.texImage2D(
      gl.TEXTURE_2D,
      0,
      gl.RGBA,
      gl.RGBA,
      gl.UNSIGNED_BYTE,
      fitted(scene, this.maxSidePx),
    );
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    resources.mipmaps = false;
  }

  private chooseFilter(resources: Resources, shrunkBy: number): void {
    const { gl } = this;
    const wanted = shrunkBy > mipmapFrom;
    gl.activeTexture(gl.TEXTURE0 + unit.image);
    if (wanted && !resources.mipmaps) gl.generateMipmap(gl.TEXTURE_2D);
    resources.mipmaps ||= wanted;
    gl.texParameteri(
      gl.TEXTURE_2D,
      gl.TEXTURE_MIN_FILTER,
      wanted ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR,
    );
  }

  private uploadIds({ ids, width, height }: IdMap): void {
    const { gl } = this;
    const [format, type] =
      ids instanceof Uint8Array ? [gl.R8UI, gl.UNSIGNED_BYTE] : [gl.R16UI, gl.UNSIGNED_SHORT];
    gl.activeTexture(gl.TEXTURE0 + unit.ids);
    gl.texImage2D(gl.TEXTURE_2D, 0, format, width, height, 0, gl.RED_INTEGER, type, ids);
  }

  private uploadPalette(colors: readonly Rgb[]): void {
    const { gl } = this;
    const rows = Math.ceil((colors.length + 1) / paletteWidth);
    const texels = new Uint8Array(paletteWidth * rows * 4);
    for (const [index, rgb] of colors.entries()) texels.set([...rgb, 255], (index + 1) * 4);
    gl.activeTexture(gl.TEXTURE0 + unit.palette);
    gl.texImage2D(
      gl.TEXTURE_2D,
      0,
      gl.RGBA,
      paletteWidth,
      rows,
      0,
      gl.RGBA,
      gl.UNSIGNED_BYTE,
      texels,
    );
  }
}
