/** Reads requests from the bytes of a connection, however they are split, one after the other. */

export interface WireRequest {
  readonly method: string;
  /** The path as it came, with the query. */
  readonly path: string;
  /** Lower-case names; the values of a field that came more than once are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values by turns, exactly as they came. */
  readonly rawHeaders: readonly string[];
  /** Without its framing. */
  readonly body: Buffer;
}

/** The bytes are no request: nothing that follows on this connection can be understood. */
const NONSENSE = Symbol('nonsense');
type Read<A> = Generator<undefined, A | typeof NONSENSE, Buffer>;

const LONGEST_LINE_BYTES = 64 * 1024;

/** The bytes that came and were not used yet. */
interface Input {
  rest: Buffer;
}

function* line(input: Input): Read<string> {
  for (;;) {
    const end = input.rest.indexOf('\r\n');
    if (end >= 0) {
      const text = input.rest.toString('latin1', 0, end);
      input.rest = input.rest.subarray(end + 2);
      return text;
    }
    if (input.rest.length > LONGEST_LINE_BYTES) return NONSENSE;
    input.rest = Buffer.concat([input.rest, yield]);
  }
}

function* exactly(input: Input, lengthBytes: number): Generator<undefined, Buffer, Buffer> {
  const parts: Buffer[] = [];
  let missing = lengthBytes;
  while (input.rest.length < missing) {
    parts.push(input.rest);
    missing -= input.rest.length;
    input.rest = yield;
  }
  parts.push(input.rest.subarray(0, missing));
  input.rest = input.rest.subarray(missing);
  return Buffer.concat(parts);
}

/** Field lines up to the empty line. */
function* fields(input: Input): Read<string[]> {
  const raw: string[] = [];
  for (;;) {
    const text = yield* line(input);
    if (text === NONSENSE) return NONSENSE;
    if (text === '') return raw;
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(text);
    if (field === null) return NONSENSE;
    raw.push(field[1] as string, field[2] as string);
  }
}

function* chunks(input: Input): Read<Buffer> {
  const parts: Buffer[] = [];
  for (;;) {
    const size = yield* line(input);
    if (size === NONSENSE || !/^[0-9a-fA-F]{1,8}(;.*)?$/.test(size)) return NONSENSE;
    const lengthBytes = Number.parseInt(size, 16);
    if (lengthBytes === 0) {
      const trailers = yield* fields(input);
      return trailers === NONSENSE ? NONSENSE : Buffer.concat(parts);
    }
    parts.push(yield* exactly(input, lengthBytes));
    if ((yield* line(input)) !== '') return NONSENSE;
  }
}

const joined = (raw: readonly string[]): Record<string, string> => {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const before = headers[name];
    headers[name] = before === undefined ? (raw[i + 1] as string) : `${before}, ${raw[i + 1]}`;
  }
  return headers;
};

function* content(input: Input, headers: Readonly<Record<string, string>>): Read<Buffer> {
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (coding !== undefined) {
    return length === undefined && coding.toLowerCase() === 'chunked' ? yield* chunks(input) : NONSENSE;
  }
  if (length === undefined) return Buffer.alloc(0);
  return /^\d{1,15}$/.test(length) ? yield* exactly(input, Number(length)) : NONSENSE;
}

function* request(input: Input): Read<WireRequest> {
  while (input.rest.length === 0) input.rest = yield;
  // A TLS handshake has no line ends to wait for: it is told from its first byte.
  if (!/^[A-Z]/.test(input.rest.toString('latin1', 0, 1))) return NONSENSE;
  const start = yield* line(input);
  if (start === NONSENSE) return NONSENSE;
  const words = /^([A-Z]+) (\S+) HTTP\/1\.[01]$/.exec(start);
  if (words === null) return NONSENSE;
  const rawHeaders = yield* fields(input);
  if (rawHeaders === NONSENSE) return NONSENSE;
  const headers = joined(rawHeaders);
  const body = yield* content(input, headers);
  if (body === NONSENSE) return NONSENSE;
  return { method: words[1] as string, path: words[2] as string, headers, rawHeaders, body };
}

/**
 * Takes bytes as they come. Calls `onRequest` for each whole request, and `onNonsense` at most once: from then on
 * nothing is read any more.
 */
export const requestReader = (
  onRequest: (request: WireRequest) => void,
  onNonsense: () => void,
): ((bytes: Buffer) => void) => {
  function* all(): Generator<undefined, void, Buffer> {
    const input: Input = { rest: Buffer.alloc(0) };
    for (;;) {
      const next = yield* request(input);
      if (next === NONSENSE) return onNonsense();
      onRequest(next);
    }
  }
  const reading = all();
  reading.next();
  return (bytes) => void reading.next(bytes);
};
