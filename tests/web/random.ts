/**
 * Random numbers that are the same in every run (mulberry32, a public-domain generator by T.
 * Ettinger).
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 <= value < 1 */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer, 0 <= value < limit. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  between(min: number, max: number): number {
    return min + this.unit() * (max - min);
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}
