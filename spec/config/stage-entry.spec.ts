import { expect } from 'chai';
import { type StageFiles, stageFiles } from './stage-files.js';

describe('config: the entries of stages', () => {
  let files: StageFiles;
  beforeEach(() => {
    files = stageFiles();
  });
  afterEach(() => files.remove());

  describe('report all that is wrong with them at once:', () => {
    it('their own keys, and the options', async () => {
      const list = '  - use: set-fields\n    timeout: soon\n    with: { st: {} }\n    more: 1\n';
      expect(await files.problems(list)).to.deep.equal([
        'c.yaml:4:14: stages[0].timeout: expected a duration above 0 and at most 24 days, such as 30 (seconds), 500ms, 90s or 2m',
        'c.yaml:5:13: stages[0].with.st: unknown key; did you mean set? known here: model_matches, rename, remove, default, set, clamp',
        'c.yaml:6:5: stages[0].more: unknown key; known here: use, with, timeout',
      ]);
      expect(
        await files.problems('  - use: headers\n    wiht: {}\n    with: {request: {set: {host: x}}}\n'),
      ).to.deep.equal([
        'c.yaml:4:5: stages[0].wiht: unknown key; did you mean with? known here: use, with, timeout',
        'c.yaml:5:28: stages[0].with.request.set.host: expected another header field; the proxy itself sets this one',
      ]);
    });

    it('the lack of a stage, and the rest', async () => {
      expect(await files.problems('  - with: 5\n    timeout: never\n  -\n  - 5\n  - use:\n')).to.deep.equal([
        'c.yaml:3:5: stages[0]: expected a key use, which names the stage',
        'c.yaml:3:11: stages[0].with: expected a map of options',
        'c.yaml:4:14: stages[0].timeout: expected a duration above 0 and at most 24 days, such as 30 (seconds), 500ms, 90s or 2m',
        'c.yaml:5:4: stages[1]: expected a key use, which names the stage',
        'c.yaml:6:5: stages[2]: expected a map of keys, such as { use: replace-text }',
        'c.yaml:7:5: stages[3]: expected a key use, which names the stage',
      ]);
    });

    it('a stage that is not there, and options that are none', async () => {
      expect(await files.problems('  - use: ./none.js\n    with: 5\n  - use: headers\n    with: 5\n')).to.deep.equal([
        'c.yaml:3:10: stages[0].use: the file none.js does not exist',
        'c.yaml:4:11: stages[0].with: expected a map of options',
        'c.yaml:6:11: stages[1].with: expected a map of options',
      ]);
    });

    it('a folder where a file is expected', async () => {
      files.write('folder.js/note.txt', '');
      expect(await files.problems('  - use: ./folder.js\n')).to.deep.equal([
        `c.yaml:3:10: stages[0].use: the file folder.js cannot be read (EISDIR)`,
      ]);
    });

    it('options that do not fit together, each at its place', async () => {
      const rules = '      - { pattern: "(a)", with: "$3" }\n      - { find: a }\n      - { find: a, within: 5 }\n';
      const clamp = '      a: { min: 2, max: 1 }\n      b:\n';
      const list = `  - use: replace-text\n    with:\n     rules:\n${rules}  - use: set-fields\n    with:\n     clamp:\n${clamp}`;
      expect(await files.problems(list)).to.deep.equal([
        'c.yaml:6:33: stages[0].with.rules[0].with: the pattern has no group 3',
        'c.yaml:8:28: stages[0].with.rules[2].within: within goes with pattern',
        'c.yaml:12:10: stages[1].with.clamp.a: min of a is above max',
        'c.yaml:13:9: stages[1].with.clamp.b: expected min or max of b',
      ]);
    });
  });

  describe('with variables that are not set', () => {
    it('report each once, and nothing that may come of it', async () => {
      const list = [
        '  - use: retry-when',
        `    with: { shorter_than: "\${CHARS}", repeats: { block: x } }`,
        `  - use: "\${STAGE}"`,
        '    timeout: x',
        '  - use: reject-when',
        `    with: { content_matches: a, mesage: "\${A} \${B}" }`,
        '  - use: ./a.js',
        `    with: { key: "\${KEY}" }`,
        `  - "\${ENTRY}"`,
        '',
      ].join('\n');
      files.write(
        'a.js',
        `export default { name: 'a', options: { decode: () => ({ _tag: 'Left', left: 5 }) }, make: () => ({}) };`,
      );
      const unset = (name: string) => `the environment variable ${name} is not set`;
      expect(await files.problems(list)).to.deep.equal([
        `c.yaml:4:27: stages[0].with.shorter_than: ${unset('CHARS')}`,
        'c.yaml:4:57: stages[0].with.repeats.block: expected a number of characters, 1 to 1000',
        `c.yaml:5:10: stages[1].use: ${unset('STAGE')}`,
        'c.yaml:6:14: stages[1].timeout: expected a duration above 0 and at most 24 days, such as 30 (seconds), 500ms, 90s or 2m',
        'c.yaml:8:33: stages[2].with.mesage: unknown key; did you mean message? known here: model_matches, content_matches, reply_matches, message, status',
        `c.yaml:8:41: stages[2].with.mesage: ${unset('A')}`,
        `c.yaml:8:41: stages[2].with.mesage: ${unset('B')}`,
        `c.yaml:10:18: stages[3].with.key: ${unset('KEY')}`,
        `c.yaml:11:5: stages[4]: ${unset('ENTRY')}`,
      ]);
    });

    it('are all right once they are', async () => {
      const list = `  - use: "\${STAGE}"\n    with: { shorter_than: "\${CHARS}" }\n`;
      expect(await files.problems(list, { STAGE: 'retry-when', CHARS: '5' })).to.deep.equal([]);
    });
  });
});
