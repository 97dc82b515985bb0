/**
 * First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4,
 * 4.2.2).
 */
function makeConstants(): Uint32Array {
  return Uint32Array.from(firstPrimes(64), (prime) => fraction(Math.cbrt(prime)));
}

/** First 32 bits of the fractional parts of the square roots of the first 8 primes (5.3.3). */
function makeState(): Uint32Array {
  return Uint32Array.from(firstPrimes(8), (prime) => fraction(Math.sqrt(prime)));
}

/**
 * SHA-256 in lower-case hex. It uses `crypto.subtle`, except in insecure contexts (plain http),
 * which lack it.
 */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const subtle = (globalThis as { crypto?: Crypto }).crypto?.subtle;
  const digest = subtle
    ? new Uint8Array(await subtle.digest("SHA-256", bytes as BufferSource))
    : sha256(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** SHA-256 (FIPS 180-4, 6.2) in plain JavaScript, about 100 MB/s. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const constants = makeConstants();
  const state = makeState();
  const schedule = new Uint32Array(64);
  const whole = bytes.length - (bytes.length % 64);
  const body = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < whole; at += 64) addBlock(state, schedule, constants, body, at);
  const tail = new Uint8Array(bytes.length - whole < 56 ? 64 : 128);
  tail.set(bytes.subarray(whole));
  tail[bytes.length - whole] = 0x80;
  const tailView = new DataView(tail.buffer);
  tailView.setBigUint64(tail.length - 8, BigInt(bytes.length) * 8n);
  for (let at = 0; at < tail.length; at += 64) addBlock(state, schedule, constants, tailView, at);
  const digest = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 8; ++i) digest.setUint32(i * 4, state[i]!);
  return new Uint8Array(digest.buffer);
}

function addBlock(
  state: Uint32Array,
  w: Uint32Array,
  constants: Uint32Array,
  block: DataView,
  at: number,
): void {
  for (let i = 0; i < 16; ++i) w[i] = block.getUint32(at + i * 4);
  for (let i = 16; i < 64; ++i) {
    const [x, y] = [w[i - 15]!, w[i - 2]!];
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < 64; ++i) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[i]! + w[i]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => {
    state[i] = state[i]! + value;
  });
}

function rotate(value: number, count: number): number {
  return (value >>> count) | (value << (32 - count));
}

function fraction(root: number): number {
  return Math.floor((root % 1) * 2 ** 32);
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; ++n)
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}
