/** Child processes: started, waited for until they say where they listen, and ended by their own handle. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const START_MS = 15_000;
const END_MS = 3000;

/** A folder for the files of one run. */
export const scratch = mkdtempSync(join(tmpdir(), 'gauntlet-'));

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  // A child that was killed may still write for a moment.
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
});
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** @param {string} name @param {string} content */
export const scratchFile = (name, content) => {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
};

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string> }} [options]
 */
export const start = (command, args, { env = {} } = {}) => {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let said = '';
  const listen = (bytes) => {
    // Only the beginning is ever looked at.
    if (said.length < 100_000) said += bytes;
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  child.once('close', () => children.delete(child));
  return {
    pid: child.pid,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    /** What it said that matches. Rejects where it ends, or says nothing of the kind in time. @param {RegExp} pattern */
    says: async (pattern) => {
      for (const end = Date.now() + START_MS; Date.now() < end; ) {
        const match = pattern.exec(said);
        if (match !== null) return match;
        if (child.exitCode !== null) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`${command} did not start:\n${said}`);
    },
    /** What it said until now. */
    said: () => said,
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await closed;
      clearTimeout(timer);
    },
  };
};

/** @param {string} path relative to the root of the repository */
export const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
