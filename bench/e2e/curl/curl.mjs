/** curl as a child process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Ends one that hangs: a case must not outlive its time. */
const LIMIT_S = 12;

/**
 * @param {readonly string[]} args
 * @param {string | Buffer} [input]
 */
export const startCurl = (args, input) => {
  const child = spawn('curl', ['--silent', '--show-error', '--max-time', String(LIMIT_S), ...args]);
  const out = [];
  let said = '';
  child.stdout.on('data', (bytes) => out.push(bytes));
  child.stderr.on('data', (text) => {
    said += text;
  });
  // It may end before it has read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, bytes: Buffer.concat(out), said }));
  return { ended, soFar: () => Buffer.concat(out), kill: () => child.kill('SIGKILL') };
};

/** @returns {Promise<{ code: number, signal: string | null, bytes: Buffer, said: string }>} */
export const curl = (args, input) => startCurl(args, input).ended;

/** Rejects where there is no curl that can do what is asked of it. */
export const version = async () => {
  const { bytes } = await curl(['--version']).catch((error) => {
    throw new Error(`curl cannot be started (${error.code}). Install it: the cases need it.`);
  });
  const found = /^curl (\d+)\.(\d+)/.exec(bytes.toString());
  const [, major, minor] = (found ?? []).map(Number);
  // --fail-with-body is of 7.76.
  if (!(major > 7 || (major === 7 && minor >= 76))) throw new Error(`curl 7.76 or newer is needed: ${bytes}`);
};

/** A head and what stands behind it, of what `--include` gave. Interim heads are left out. */
export const reply = (bytes) => {
  const text = bytes.toString('latin1');
  const [interim] = /^(?:HTTP\/1\.1 1\d\d[\s\S]*?\r\n\r\n)*/.exec(text);
  const at = text.indexOf('\r\n\r\n', interim.length);
  const [first = '', ...lines] = text.slice(interim.length, at).split('\r\n');
  const [, status, phrase] = /^HTTP\/1\.1 (\d+) ?(.*)$/.exec(first) ?? [];
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { interim, status: Number(status), phrase, headers, body: bytes.subarray(at + 4) };
};
