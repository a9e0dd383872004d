import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { lastLists, ownLists } from '../../lib/edge/models-store.js';

const KEY = '["https://api.secret-host.example/v1","openai"]';
const MEBIBYTE = 1024 * 1024;

const list = (...ids: readonly string[]): Buffer =>
  Buffer.from(JSON.stringify({ object: 'list', data: ids.map((id) => ({ id })) }));
const long = (bytes: number): Buffer => list('x'.repeat(bytes - list('').length));
const dated = (id: string, at = 1_700_000_000_000) => ({ list: list(id), at });

describe('edge/models-store', () => {
  describe('what each credential got', () => {
    it('is there for that credential, and for no other', () => {
      fc.assert(
        fc.property(fc.uniqueArray(fc.string(), { maxLength: 16 }), (keys) => {
          const { recall, keep } = ownLists();
          for (const key of keys) {
            expect(recall(key)).to.deep.equal(O.none);
            keep(key, dated(key));
          }
          for (const key of keys) expect(recall(key)).to.deep.equal(O.some(dated(key)));
        }),
      );
    });

    it('is what it got last', () => {
      const { recall, keep } = ownLists();
      keep('a', dated('old'));
      keep('a', dated('new'));
      expect(recall('a')).to.deep.equal(O.some(dated('new')));
    });

    it('is not of another process', () => {
      ownLists().keep('a', dated('a'));
      expect(ownLists().recall('a')).to.deep.equal(O.none);
    });

    it('is of the sixteen that asked last, so that memory is bounded', () => {
      const { recall, keep } = ownLists();
      for (let n = 0; n < 16; n += 1) keep(`${n}`, dated(`${n}`));
      keep('0', dated('again'));
      keep('16', dated('16'));
      expect(recall('1')).to.deep.equal(O.none);
      expect(recall('0')).to.deep.equal(O.some(dated('again')));
      expect(recall('2')).to.deep.equal(O.some(dated('2')));
      expect(recall('16')).to.deep.equal(O.some(dated('16')));
    });

    it('is not kept above 4 MiB', () => {
      const { recall, keep } = ownLists();
      keep('a', { list: long(4 * MEBIBYTE + 1), at: 0 });
      expect(recall('a')).to.deep.equal(O.none);
      keep('a', { list: long(4 * MEBIBYTE), at: 0 });
      expect(O.isSome(recall('a'))).to.equal(true);
    });
  });

  describe('the last list', () => {
    let temporary: string;
    let folder: string;
    beforeEach(async () => {
      temporary = await mkdtemp(join(tmpdir(), 'models-'));
      folder = join(temporary, 'state', 'seaking-proxy');
    });
    afterEach(() => rm(temporary, { recursive: true }));

    const store = (at = folder) => lastLists(O.some(at));
    /** As a process that was started now would see it. */
    const afterRestart = (key = KEY) => store().recall(key)();
    const onlyFile = async (): Promise<string> => {
      const [name, ...more] = await readdir(folder);
      if (name === undefined || more.length > 0) return expect.fail('one file was expected');
      return join(folder, name);
    };

    it('is there again after a restart, with the time at which it came', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(2_000_000_000_000), fc.string(), async (at, id) => {
          expect(await store().keep(KEY, dated(id, at))()).to.deep.equal(O.none);
          expect(await afterRestart()).to.deep.equal(O.some(dated(id, at)));
        }),
        { numRuns: 20 },
      );
    });

    it('is none before the first', async () => {
      expect(await afterRestart()).to.deep.equal(O.none);
    });

    it('is one for each key, in a file that is replaced', async () => {
      const { keep } = store();
      await keep('a', dated('old'))();
      await keep('a', dated('new'))();
      await keep('b', dated('b'))();
      expect(await afterRestart('a')).to.deep.equal(O.some(dated('new')));
      expect(await afterRestart('b')).to.deep.equal(O.some(dated('b')));
      expect(await readdir(folder)).to.have.length(2);
    });

    it('is in a file that holds the list and nothing else, and whose name tells no host', async () => {
      await store().keep(KEY, dated('a'))();
      const file = await onlyFile();
      expect(await readFile(file, 'utf8')).to.equal(list('a').toString());
      expect(file.slice(folder.length)).to.match(/^.models-[0-9a-f]{32}\.json$/);
    });

    if (process.platform !== 'win32') {
      it('is for the eyes of its user alone', async () => {
        await store().keep(KEY, dated('a'))();
        expect((await stat(await onlyFile())).mode & 0o777).to.equal(0o600);
        expect((await stat(folder)).mode & 0o777).to.equal(0o700);
      });
    }

    it('is not there where its file was torn anywhere', async () => {
      await store().keep(KEY, dated('a'))();
      const file = await onlyFile();
      for (let length = list('a').length - 1; length >= 0; length -= 1) {
        await truncate(file, length);
        expect(await afterRestart(), `${length} bytes`).to.deep.equal(O.none);
      }
    });

    it("is not there where the file is not ours: another's, too long, or a folder", async () => {
      await store().keep(KEY, dated('a'))();
      const file = await onlyFile();
      for (const foreign of [
        '{"hello":"world"}',
        '\0\0\0\0',
        JSON.stringify({ data: { a: 1 } }),
        long(4 * MEBIBYTE + 1),
      ]) {
        await writeFile(file, foreign);
        expect(await afterRestart()).to.deep.equal(O.none);
      }
      await rm(file);
      await mkdir(file);
      expect(await afterRestart()).to.deep.equal(O.none);
    });

    it('can be put there by hand', async () => {
      await store().keep(KEY, dated('a'))();
      const file = await onlyFile();
      await writeFile(file, '[{"id":"mine"}]');
      await utimes(file, 1000, 1000);
      expect(await afterRestart()).to.deep.equal(O.some(dated('mine', 1_000_000)));
    });

    it('is whole at each moment, however many write it at once', async () => {
      const ids = Array.from({ length: 20 }, (_, n) => String(n).repeat(10_000 + n));
      let writing = true;
      const seen: boolean[] = [];
      await store().keep(KEY, dated(ids[0] as string))();
      const read = async () => {
        while (writing) {
          const kept = await afterRestart();
          seen.push(O.isSome(kept) && ids.some((id) => list(id).equals(kept.value.list)));
        }
      };
      const reading = read();
      const kept = await Promise.all(ids.map((id) => store().keep(KEY, dated(id))()));
      writing = false;
      await reading;
      expect(kept).to.deep.equal(ids.map(() => O.none));
      expect(seen).to.not.include(false);
      expect(seen.length).to.be.greaterThan(0);
      await onlyFile();
    });

    it('is the newest, though older ones are still being written', async () => {
      const { keep } = store();
      const ids = Array.from({ length: 20 }, (_, n) => String(n).repeat(30_000 - 1000 * n));
      const kept = await Promise.all([...ids.map((id) => keep(KEY, dated(id))()), keep('other', dated('b'))()]);
      expect(kept).to.deep.equal(kept.map(() => O.none));
      expect(await afterRestart()).to.deep.equal(O.some(dated(ids.at(-1) as string)));
      expect(await afterRestart('other')).to.deep.equal(O.some(dated('b')));
    });

    it('leaves no draft of a process that ended while it wrote, and touches nothing else', async () => {
      await store().keep(KEY, dated('a'))();
      const file = await onlyFile();
      const draft = (digit: string) => `${file}.${'00000000-0000-4000-8000-00000000000'}${digit}.tmp`;
      const [stale, fresh, foreign] = [draft('1'), draft('2'), join(folder, 'notes.tmp')];
      for (const path of [stale, fresh, foreign]) await writeFile(path, '[{"id":');
      for (const path of [stale, foreign]) await utimes(path, 1000, 1000);
      await store().keep(KEY, dated('b'))();
      expect((await readdir(folder)).map((name) => join(folder, name))).to.have.members([file, fresh, foreign]);
      expect(await afterRestart()).to.deep.equal(O.some(dated('b')));
    });

    it('is written though a draft cannot be removed', async () => {
      await store().keep(KEY, dated('a'))();
      const draft = `${await onlyFile()}.00000000-0000-4000-8000-000000000001.tmp`;
      await mkdir(draft);
      await utimes(draft, 1000, 1000);
      expect(await store().keep(KEY, dated('b'))()).to.deep.equal(O.none);
      expect(await afterRestart()).to.deep.equal(O.some(dated('b')));
    });

    describe('that cannot be written', () => {
      const told = O.some('models_not_kept');

      it('is told once, and kept in memory', async () => {
        await writeFile(join(temporary, 'file'), '');
        const { keep, recall } = store(join(temporary, 'file'));
        expect(await keep(KEY, dated('a'))()).to.deep.equal(told);
        expect(await keep(KEY, dated('b'))()).to.deep.equal(O.none);
        expect(await keep('other', dated('c'))()).to.deep.equal(O.none);
        expect(await recall(KEY)()).to.deep.equal(O.some(dated('b')));
        expect(await recall('none')()).to.deep.equal(O.none);
      });

      it('leaves the one before it, and no draft', async () => {
        await store().keep(KEY, dated('a'))();
        const file = await onlyFile();
        await rm(file);
        await mkdir(join(file, 'in the way'), { recursive: true });
        expect(await store().keep(KEY, dated('b'))()).to.deep.equal(told);
        expect(await onlyFile()).to.equal(file);
      });

      it('since it is above 4 MiB, leaves the one before it', async () => {
        const { keep, recall } = store();
        await keep(KEY, dated('a'))();
        const tooLong = { list: long(4 * MEBIBYTE + 1), at: 0 };
        expect(await keep(KEY, tooLong)()).to.deep.equal(told);
        expect(await recall(KEY)()).to.deep.equal(O.some(tooLong));
        expect(await afterRestart()).to.deep.equal(O.some(dated('a')));
      });

      if (process.platform !== 'win32') {
        it('since the disk is full, is told once, and leaves the one before it', async () => {
          await store().keep(KEY, dated('a'))();
          // A process that may not write a byte to any file; the coverage's neither.
          const script = `
            import { lastLists } from ${JSON.stringify(new URL('../../lib/edge/models-store.js', import.meta.url).href)};
            const { keep } = lastLists({ _tag: 'Some', value: process.argv[1] });
            const dated = { list: Buffer.from('[]'), at: 0 };
            console.log(JSON.stringify([await keep(process.argv[2], dated)(), await keep('other', dated)()]));`;
          const { stdout } = await promisify(execFile)(
            'sh',
            [
              '-c',
              `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`,
              process.execPath,
              '--input-type=module',
              '-e',
              script,
              folder,
              KEY,
            ],
            { env: { PATH: process.env.PATH } },
          );
          expect(JSON.parse(stdout)).to.deep.equal([told, O.none]);
          await onlyFile();
          expect(await afterRestart()).to.deep.equal(O.some(dated('a')));
        });
      }

      if (process.getuid !== undefined && process.getuid() !== 0) {
        it('since the folder is read-only, is told', async () => {
          await mkdir(folder, { recursive: true });
          await chmod(folder, 0o500);
          expect(await store().keep(KEY, dated('a'))()).to.deep.equal(told);
          await chmod(folder, 0o700);
        });
      }
    });

    it('is in memory alone where there is no folder, and that is not told', async () => {
      const { keep, recall } = lastLists(O.none);
      expect(await recall(KEY)()).to.deep.equal(O.none);
      expect(await keep(KEY, { list: long(5 * MEBIBYTE), at: 1 })()).to.deep.equal(O.none);
      expect(await keep(KEY, dated('a'))()).to.deep.equal(O.none);
      expect(await recall(KEY)()).to.deep.equal(O.some(dated('a')));
    });
  });
});
