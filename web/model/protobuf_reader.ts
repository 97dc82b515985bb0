/**
 * Thrown by {@link ProtobufReader} for a malformed message. It never leaves `web/model`.
 */
export class ProtobufError extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(`${message} at byte ${offset}`);
  }
}

const wireVarint = 0;
const wireFixed64 = 1;
const wireBytes = 2;
const wireFixed32 = 5;

const utf8 = /* @__PURE__ */ new TextDecoder();

/**
 * Reads the protobuf wire format (protobuf.dev/programming-guides/encoding) of one message, without
 * a copy. Every read is checked against the end of the message. Truncated or random bytes therefore
 * end in a {@link ProtobufError}, never in a read out of bounds or an endless loop.
 */
export class ProtobufReader {
  private position: number;
  private wireType = wireVarint;

  constructor(
    private readonly bytes: Uint8Array,
    start = 0,
    private readonly end = bytes.length,
  ) {
    this.position = start;
  }

  /** Number of the next field, which must then be read or skipped; 0 at the end of the message. */
  nextField(): number {
    if (this.position === this.end) return 0;
    const at = this.position;
    const tag = this.varint();
    const field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    if (field < 1 || field > 0x1fffffff)
      throw new ProtobufError(`field number ${field} is out of range`, at);
    return field;
  }

  skip(): void {
    if (this.wireType === wireVarint) this.varint();
    else if (this.wireType === wireFixed64) this.advance(8);
    else if (this.wireType === wireBytes) this.advance(this.varint());
    else if (this.wireType === wireFixed32) this.advance(4);
    else throw new ProtobufError(`wire type ${this.wireType} is not used by ONNX`, this.position);
  }

  /** Reads an int32, int64 or enum, exact up to 2^53. Every field of interest is smaller. */
  int(): number {
    this.expect(wireVarint);
    return this.varint();
  }

  string(): string {
    const { start, end } = this.range();
    return utf8.decode(this.bytes.subarray(start, end));
  }

  /** A reader for the sub-message in the current field. */
  message(): ProtobufReader {
    const { start, end } = this.range();
    return new ProtobufReader(this.bytes, start, end);
  }

  private range(): { start: number; end: number } {
    this.expect(wireBytes);
    const length = this.varint();
    const start = this.position;
    this.advance(length);
    return { start, end: this.position };
  }

  private expect(wireType: number): void {
    if (this.wireType !== wireType) {
      throw new ProtobufError(
        `the wire type is ${this.wireType}; it must be ${wireType}`,
        this.position,
      );
    }
  }

  private advance(count: number): void {
    if (count > this.end - this.position) {
      throw new ProtobufError(
        `a field of ${count} bytes, but only ${this.end - this.position} are left`,
        this.position,
      );
    }
    this.position += count;
  }

  /**
   * Reads up to ten bytes, enough for 64 bits. A negative int64 becomes a number near 2^64; valid
   * fields are never negative.
   */
  private varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10; ++count) {
      if (this.position >= this.end)
        throw new ProtobufError("the file ends inside a number", this.position);
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new ProtobufError("a number is longer than ten bytes", this.position);
  }
}
