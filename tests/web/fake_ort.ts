import type { OrtRuntime } from "../../web/runtime/device_ladder.js";
import type { OrtBundle, OrtModule, OrtSession, OrtTensor } from "../../web/runtime/ort_module.js";

type Run = (
  feeds: Record<string, OrtTensor>,
  wanted?: readonly string[],
) => Promise<Record<string, OrtTensor>> | Record<string, OrtTensor>;

/** The behavior that a test wants from ONNX Runtime, by execution provider. */
export interface FakeBehavior {
  create?: (provider: string) => void | Promise<void>;
  run?: (
    provider: string,
    feeds: Record<string, OrtTensor>,
    wanted?: readonly string[],
  ) => ReturnType<Run> | undefined;
  load?: (bundle: OrtBundle) => void;
  refusal?: () => string | undefined;
  jspi?: boolean;
  node?: boolean;
}

/**
 * A fake ONNX Runtime. It counts live objects and fails on every call that breaks the real one.
 */
export class FakeOrt {
  readonly log: string[] = [];
  liveSessions = 0;
  liveTensors = 0;
  private busy: object | undefined;
  private lose: ((info: { message: string }) => void)[] = [];

  constructor(public behavior: FakeBehavior = {}) {}

  /** The device of every session made so far is lost. */
  loseDevice(message = "the driver was updated"): void {
    for (const lose of this.lose.splice(0)) lose({ message });
  }

  tensor(dims: number[], values: readonly number[]): OrtTensor {
    return this.makeTensor("float32", Float32Array.from(values), dims);
  }

  /** Whether it is in a GPU buffer, so that `data` cannot be read. */
  gpuTensor(dims: number[], values: readonly number[]): OrtTensor {
    return this.makeTensor("float32", Float32Array.from(values), dims, true);
  }

  readonly runtime: OrtRuntime = {
    load: async (bundle) => {
      this.behavior.load?.(bundle);
      this.log.push(`load ${bundle}`);
      return this.module;
    },
    refuseWebgpu: async () => this.behavior.refusal?.(),
    webgpuBundle: () => (this.behavior.jspi === false ? "webgpu" : "jspi"),
    isNode: () => this.behavior.node === true,
  };

  private readonly module: OrtModule = {
    env: {
      wasm: {},
      webgpu: {
        device: undefined,
      },
    },
    // Called with `new`, which hands on the object that is returned.
    Tensor: makeConstructor((type, data, dims) => this.makeTensor(type, data, dims)),
    InferenceSession: {
      create: (_, { executionProviders: [provider], preferredOutputLocation }) =>
        this.alone(() => this.create(provider!, Object.keys(preferredOutputLocation ?? {}))),
    },
  };

  private async create(provider: string, kept: readonly string[]): Promise<OrtSession> {
    this.log.push(`create ${provider}${kept.length > 0 ? ` keeping ${kept}` : ""}`);
    await this.behavior.create?.(provider);
    const lost = new Promise<{ message: string }>((resolve) => this.lose.push(resolve));
    if (provider === "webgpu")
      Object.assign(this.module.env.webgpu, { device: Promise.resolve({ lost }) });
    this.liveSessions++;
    let released = false;
    return {
      run: (feeds, wanted) =>
        this.alone(async () => {
          if (released) throw new Error("run after release");
          this.log.push(`run ${provider}`);
          return (
            (await this.behavior.run?.(provider, feeds, wanted)) ?? {
              out: this.tensor([1, 2], [1, 2]),
            }
          );
        }),
      release: () =>
        this.alone(async () => {
          if (released) throw new Error("released twice");
          released = true;
          this.log.push(`release ${provider}`);
          this.liveSessions--;
        }),
    };
  }

  /** The call under way counts as hung: from now on, others may overlap with it. */
  free(): void {
    this.busy = undefined;
  }

  /** Overlapping calls block the real one forever. */
  private async alone<T>(task: () => Promise<T>): Promise<T> {
    if (this.busy) throw new Error("overlapping calls");
    const call = {};
    this.busy = call;
    try {
      await new Promise((resolve) => setImmediate(resolve));
      return await task();
    } finally {
      if (this.busy === call) this.busy = undefined;
    }
  }

  private makeTensor(
    type: string,
    data: ArrayBufferView,
    dims: readonly number[],
    onGpu = false,
  ): OrtTensor {
    this.liveTensors++;
    let disposed = false;
    const dispose = () => {
      if (!disposed) this.liveTensors--;
      disposed = true;
    };
    return {
      type,
      dims,
      location: onGpu ? "gpu-buffer" : "cpu",
      get data() {
        if (disposed || onGpu)
          throw new Error(disposed ? "disposed tensor" : "the tensor is on the GPU");
        return data;
      },
      async getData(release) {
        if (disposed) throw new Error("disposed tensor");
        if (release) dispose();
        return data;
      },
      dispose,
    };
  }
}

type MakeTensor = (type: string, data: ArrayBufferView, dims: readonly number[]) => OrtTensor;

function makeConstructor(make: MakeTensor): OrtModule["Tensor"] {
  return function Tensor(...args: Parameters<MakeTensor>) {
    return make(...args);
  } as unknown as OrtModule["Tensor"];
}
