import type { OrtRuntime } from "../../web/runtime/device_ladder.js";
import type { OrtBundle, OrtModule, OrtSession, OrtTensor } from "../../web/runtime/ort_module.js";

type Run = (feeds: Record<string, OrtTensor>) => Promise<Record<string, OrtTensor>> | Record<string, OrtTensor>;

/** What a test wants ONNX Runtime to do; by execution provider. */
export interface FakeBehaviour {
  create?: (provider: string) => void | Promise<void>;
  run?: (provider: string, feeds: Record<string, OrtTensor>) => ReturnType<Run> | undefined;
  load?: (bundle: OrtBundle) => void;
  refusal?: () => string | undefined;
  jspi?: boolean;
  node?: boolean;
}

/** A stand-in for ONNX Runtime that counts what is alive and complains about what the real one does not survive. */
export class FakeOrt {
  readonly log: string[] = [];
  liveSessions = 0;
  liveTensors = 0;
  private busy = 0;
  private lose: ((info: { message: string }) => void)[] = [];

  constructor(public behaviour: FakeBehaviour = {}) {}

  /** The device of every session made so far is lost. */
  loseDevice(message = "the driver was updated"): void {
    for (const lose of this.lose.splice(0)) lose({ message });
  }

  tensor(dims: number[], values: readonly number[]): OrtTensor {
    return this.makeTensor("float32", Float32Array.from(values), dims);
  }

  readonly runtime: OrtRuntime = {
    load: async (bundle) => {
      this.behaviour.load?.(bundle);
      this.log.push(`load ${bundle}`);
      return this.module;
    },
    refuseWebgpu: async () => this.behaviour.refusal?.(),
    webgpuBundle: () => (this.behaviour.jspi === false ? "webgpu" : "jspi"),
    isNode: () => this.behaviour.node === true,
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
    InferenceSession: { create: (_, { executionProviders: [provider] }) => this.alone(() => this.create(provider!)) },
  };

  private async create(provider: string): Promise<OrtSession> {
    this.log.push(`create ${provider}`);
    await this.behaviour.create?.(provider);
    const lost = new Promise<{ message: string }>((resolve) => this.lose.push(resolve));
    if (provider === "webgpu") Object.assign(this.module.env.webgpu, { device: Promise.resolve({ lost }) });
    this.liveSessions++;
    let released = false;
    return {
      run: (feeds) =>
        this.alone(async () => {
          if (released) throw new Error("run after release");
          this.log.push(`run ${provider}`);
          return (await this.behaviour.run?.(provider, feeds)) ?? { out: this.tensor([1, 2], [1, 2]) };
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

  /** Overlapping calls are what blocks the real one for ever. */
  private async alone<T>(task: () => Promise<T>): Promise<T> {
    if (this.busy > 0) throw new Error("overlapping calls");
    this.busy++;
    try {
      await new Promise((resolve) => setImmediate(resolve));
      return await task();
    } finally {
      this.busy--;
    }
  }

  private makeTensor(type: string, data: Float32Array | Uint16Array, dims: readonly number[]): OrtTensor {
    this.liveTensors++;
    let disposed = false;
    const fake = this;
    return {
      type,
      dims,
      get data() {
        if (disposed) throw new Error("disposed tensor");
        return data;
      },
      dispose() {
        if (!disposed) fake.liveTensors--;
        disposed = true;
      },
    };
  }
}

type MakeTensor = (type: string, data: Float32Array | Uint16Array, dims: readonly number[]) => OrtTensor;

function makeConstructor(make: MakeTensor): OrtModule["Tensor"] {
  return function Tensor(...args: Parameters<MakeTensor>) {
    return make(...args);
  } as unknown as OrtModule["Tensor"];
}
