/** Keeps lists of models: those of each credential in memory, the last of each target on disk as well. */
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as O from 'fp-ts/lib/Option.js';
import type { Dated, LastLists, OwnLists } from '../core/models-store.js';
import { defaultDialect } from '../dialects/index.js';
import { mendModels } from '../dialects/models.js';
import { wallClock } from './clock.js';

/** Many times the longest list of today, and little enough to be kept for every credential. */
const LIMIT_BYTES = 4 * 1024 * 1024;

/** A user has few, and clients that try credentials shall not fill the memory. */
const MAX_CREDENTIALS = 16;

/** What each credential got. Keys are kept as hashes whose salt only this process has, so that none can be guessed. */
export const ownLists = (): OwnLists => {
  const salt = randomBytes(32);
  const lists = new Map<string, Dated>();
  const nameOf = (key: string) => createHmac('sha256', salt).update(key).digest('base64');
  return {
    recall: (key) => O.fromNullable(lists.get(nameOf(key))),
    keep: (key, dated) => {
      if (dated.list.length > LIMIT_BYTES) return;
      const name = nameOf(key);
      // Behind all others, so that the first is the oldest.
      lists.delete(name);
      lists.set(name, dated);
      for (const oldest of [...lists.keys()].slice(0, -MAX_CREDENTIALS)) lists.delete(oldest);
    },
  };
};

/** A file is the list itself, and its time is when the list came. What is no list is not ours. */
const read = async (path: string): Promise<O.Option<Dated>> => {
  try {
    const file = await stat(path);
    if (!file.isFile() || file.size > LIMIT_BYTES) return O.none;
    const list = mendModels(defaultDialect, await readFile(path));
    return O.map((mended: Buffer) => ({ list: mended, at: Math.round(file.mtimeMs) }))(list);
  } catch {
    return O.none;
  }
};

/** Longer than any write takes, so that no other process can still be at it. */
const STALE_MS = 3_600_000;

/** Removes the drafts of a process that ended while it wrote. */
const sweep = async (root: string): Promise<void> => {
  const drafts = (await readdir(root)).filter((name) => /^models-[0-9a-f]{32}\.json\.[0-9a-f-]{36}\.tmp$/.test(name));
  for (const path of drafts.map((name) => join(root, name))) {
    if ((await stat(path)).mtimeMs < wallClock() - STALE_MS) await rm(path, { force: true });
  }
};

/** Whole or not at all, whoever else writes or reads it, and whenever the machine stops. */
const replace = async (path: string, { list, at }: Dated): Promise<void> => {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, list, { mode: 0o600, flag: 'wx', flush: true });
    await utimes(draft, at / 1000, at / 1000);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
};

/** The last lists, which a folder keeps across restarts. None: there is no such folder, and memory alone keeps them. */
export const lastLists = (folder: O.Option<string>): LastLists => {
  const lists = new Map<string, Dated>();
  /** What is still to be written: of each list the newest, so that nothing piles up behind a disk that hangs. */
  const waiting = new Map<string, Dated>();
  let isWriting = false;
  let isSwept = false;
  let toldOfFailure = false;

  // A hash, since a key names hosts, which are not for everyone who can list the folder.
  const pathOf = (root: string, key: string) =>
    join(root, `models-${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);

  /** Whether it is kept as long as it can be. */
  const write = async (key: string, dated: Dated): Promise<boolean> => {
    if (O.isNone(folder)) return true;
    if (dated.list.length > LIMIT_BYTES) return false;
    try {
      await mkdir(folder.value, { recursive: true, mode: 0o700 });
      // What cannot be removed does no harm.
      if (!isSwept) await sweep(folder.value).catch(() => {});
      isSwept = true;
      await replace(pathOf(folder.value, key), dated);
      return true;
    } catch {
      return false;
    }
  };

  /** Whether all is kept. One after the other, or an older list could come to lie over a newer. */
  const writeAll = async (): Promise<boolean> => {
    isWriting = true;
    let areKept = true;
    for (const [key, dated] of waiting) {
      waiting.delete(key);
      areKept = (await write(key, dated)) && areKept;
    }
    isWriting = false;
    return areKept;
  };

  return {
    recall: (key) => async () => {
      const dated = lists.get(key);
      if (dated !== undefined || O.isNone(folder)) return O.fromNullable(dated);
      return read(pathOf(folder.value, key));
    },
    keep: (key, dated) => async () => {
      lists.set(key, dated);
      waiting.set(key, dated);
      if (isWriting || (await writeAll()) || toldOfFailure) return O.none;
      toldOfFailure = true;
      return O.some('models_not_kept');
    },
  };
};
